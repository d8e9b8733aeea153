//! The files of the course: none is missing, none is astray, equal ones are equal, and every text that is named exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Fault, shown};
use crate::course::{Course, ExerciseRef, Lab};
use crate::sources::Sources;

/// Collects faults of files.
struct Files<'a> {
    course: &'a Course,
    commands: &'a [String],
    faults: Vec<Fault>,
}

pub(super) fn check(
    course: &Course,
    selection: &[ExerciseRef<'_>],
    commands: &[String],
) -> Vec<Fault> {
    let mut files = Files {
        course,
        commands,
        faults: Vec::new(),
    };
    for lab in &course.labs {
        if selection.iter().any(|it| it.lab.folder == lab.folder) {
            files.check_lab(lab);
        }
    }
    for exercise in selection {
        files.check_exercise(*exercise);
    }
    files.faults
}

impl Files<'_> {
    fn fault(&mut self, path: &Path, message: impl Into<String>) {
        self.faults.push(Fault {
            subject: shown(self.course, path),
            message: message.into(),
        });
    }

    fn check_lab(&mut self, lab: &Lab) {
        let names: BTreeSet<String> = lab.exercises().map(|it| it.name().to_owned()).collect();
        let solutions = self.course.solutions().join(&lab.folder);
        let programs = [lab.path.join("src/bin"), lab.path.join("harness/stubs")];
        for folder in programs {
            self.only_programs(&folder, lab);
        }
        if self.course.has_solutions() {
            self.only_programs(&solutions.join("src/bin"), lab);
            for folder in ["mistakes", "variants"] {
                self.only(&solutions.join(folder), &names, "", "exercise");
            }
        }
        let snapshots: BTreeSet<String> = lab
            .exercises()
            .flat_map(|it| {
                it.exercise
                    .cases
                    .iter()
                    .filter(|case| case.has_snapshot())
                    .map(move |case| (it, case))
            })
            .filter_map(|(it, case)| Some(it.snapshot_path(case).file_name()?.to_str()?.to_owned()))
            .collect();
        self.only(&lab.path.join("expected"), &snapshots, "", "case");
        self.check_diagnosis_texts(&lab.path.join("diagnoses"), Some(lab));
        self.check_diagnosis_texts(&self.course.root.join("grader/diagnoses"), None);
        self.check_given_modules(lab);
        let readme = lab.path.join("README.md");
        match fs::read_to_string(&readme) {
            Ok(text) => {
                for name in &names {
                    if !text.contains(&format!("`{name}`")) {
                        let cure = "give it a row in the table and a section";
                        self.fault(&readme, format!("it does not mention `{name}`: {cure}"));
                    }
                }
            }
            Err(error) => self.fault(&readme, unreadable(&error)),
        }
    }

    /// What is in `folder` are the lab's programs, and in those that are folders what their originals have, too.
    fn only_programs(&mut self, folder: &Path, lab: &Lab) {
        let programs: BTreeSet<String> = lab.exercises().map(|it| it.entry()).collect();
        self.only(folder, &programs, "", "exercise");
        let stubs = lab.path.join("harness/stubs");
        for program in &programs {
            let originals = entries(&stubs.join(program)).into_iter();
            let names = originals.filter_map(|it| Some(it.file_name()?.to_str()?.to_owned()));
            let names = names.collect();
            self.only(&folder.join(program), &names, "", "original");
        }
    }

    /// Files in `folder` have known names.
    fn only(&mut self, folder: &Path, names: &BTreeSet<String>, ending: &str, what: &str) {
        for path in entries(folder) {
            let file = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let known = file
                .strip_suffix(ending)
                .is_some_and(|name| names.contains(name));
            if !known {
                self.fault(
                    &path,
                    format!("it belongs to no {what}: remove it, or describe it in lab.toml"),
                );
            }
        }
    }

    fn check_diagnosis_texts(&mut self, folder: &Path, lab: Option<&Lab>) {
        for path in entries(folder) {
            if let Err(error) = self.course.diagnosis(lab, &stem(&path)) {
                self.fault(&path, format!("failed to {error}"));
            }
        }
    }

    /// What several labs have is the same in each of them: each can be copied out and built alone.
    fn check_given_modules(&mut self, lab: &Lab) {
        let course = self.course;
        if let Some(first) = course.labs.first() {
            for given in ["harness/program.rs", "tests/cases.rs"] {
                self.same(&lab.path.join(given), &first.path.join(given));
            }
        }
        // The words that schedules put in order: only some labs have them.
        let has_words = |lab: &&Lab| lab.path.join("harness/shared").is_dir();
        let first = course.labs.iter().find(has_words);
        if let Some(first) = first.filter(|_| has_words(&lab)) {
            let (own, other) = (lab.path.join("harness"), first.path.join("harness"));
            self.same(&own.join("shared.rs"), &other.join("shared.rs"));
            let (own, other) = (own.join("shared"), other.join("shared"));
            let names: BTreeSet<_> = entries(&own)
                .into_iter()
                .chain(entries(&other))
                .filter_map(|path| Some(path.file_name()?.to_owned()))
                .collect();
            for name in names {
                self.same(&own.join(&name), &other.join(&name));
            }
        }
    }

    fn same(&mut self, own: &Path, other: &Path) {
        if fs::read(own).ok() == fs::read(other).ok() {
            return;
        }
        let message = format!(
            "it differs from {}: the file is the same in every lab that has it; copy the right one to the others",
            shown(self.course, other)
        );
        self.fault(own, message);
    }

    fn check_exercise(&mut self, exercise: ExerciseRef<'_>) {
        let description = exercise.lab.path.join("lab.toml");
        let name = exercise.name();
        if self.commands.iter().any(|command| command == name) {
            self.fault(
                &description,
                format!("`{name}` is a command's name: `cargo grade {name}` means that; call the exercise otherwise"),
            );
        }
        let answers = self.course.root.join(exercise.programs_path());
        let stub = Sources::read(&exercise.stubs_path(), exercise);
        match (stub, Sources::read(&answers, exercise)) {
            (Ok(stub), Ok(answer)) if self.course.has_solutions() && stub != answer => {
                self.fault(&exercise.answer_path(), "it differs from its original in harness/stubs: in this repository they are equal; copy the right one over the other");
            }
            (Err(error), _) => {
                self.fault(&exercise.stub_path(), unreadable(&error));
            }
            (_, Err(error)) => {
                self.fault(&exercise.answer_path(), unreadable(&error));
            }
            _ => {}
        }
        for diagnosis in named_diagnoses(exercise) {
            if let Err(error) = self.course.diagnosis(Some(exercise.lab), &diagnosis) {
                let cure = format!("write diagnoses/{diagnosis}.md, in the lab or in grader/");
                self.fault(&description, format!("{name}: {error}: {cure}"));
            }
        }
        for case in exercise
            .exercise
            .cases
            .iter()
            .filter(|case| case.has_snapshot())
        {
            if let Err(error) = exercise.snapshot(case) {
                let message = format!("failed to {error}; `{}` writes it", snapshots_of(name));
                self.fault(&exercise.snapshot_path(case), message);
            }
        }
        if self.course.has_solutions() {
            self.check_programs(exercise);
        }
    }

    /// A reference answer, a variant, and a mistake for each diagnosis of the list.
    fn check_programs(&mut self, exercise: ExerciseRef<'_>) {
        let solution = exercise.solution_path(self.course);
        if !solution.is_file() {
            self.fault(&solution, "the reference answer is missing: write it");
        }
        let folder = exercise.solutions_folder(self.course);
        let variants = folder.join("variants").join(exercise.name());
        if sources(&variants).is_empty() {
            self.fault(
                &variants,
                "there is no variant: write a right answer by another way",
            );
        }
        let mistakes = folder.join("mistakes").join(exercise.name());
        let written: BTreeSet<String> = sources(&mistakes)
            .iter()
            .map(|path| diagnosis_of(&stem(path)).to_owned())
            .collect();
        let listed: BTreeSet<String> = exercise
            .exercise
            .diagnoses
            .iter()
            .map(|it| it.as_ref().clone())
            .collect();
        for name in listed.difference(&written) {
            let path = mistakes.join(format!("{name}.rs"));
            self.fault(
                &path,
                "lab.toml lists this diagnosis, and there is no such mistake: write it",
            );
        }
        for name in written.difference(&listed) {
            let path = mistakes.join(format!("{name}.rs"));
            self.fault(
                &path,
                "lab.toml does not list this diagnosis: add it to the exercise's `diagnoses`",
            );
        }
    }
}

/// The cure for a file that is not there, which is the usual reason.
fn unreadable(error: &std::io::Error) -> String {
    format!("it cannot be read ({error}): write it, or take the exercise out of lab.toml")
}

/// The command that writes the snapshots of an exercise.
pub(super) fn snapshots_of(exercise: &str) -> String {
    format!("INSTA_UPDATE=always cargo test -p grader --test solutions {exercise}")
}

/// All diagnoses that an exercise's description names.
fn named_diagnoses(exercise: ExerciseRef<'_>) -> BTreeSet<String> {
    let exercise = exercise.exercise;
    let mut names: BTreeSet<String> = exercise
        .diagnoses
        .iter()
        .map(|it| it.as_ref().clone())
        .collect();
    names.extend(
        exercise
            .absent
            .iter()
            .map(|it| it.diagnosis.as_ref().clone()),
    );
    for case in &exercise.cases {
        let evidence = exercise
            .evidence(case)
            .filter_map(|it| it.diagnosis.as_ref());
        names.extend(evidence.map(|it| it.as_ref().clone()));
        let output = &case.output;
        let single = [
            &case.hung,
            &case.exit.diagnosis,
            &output.differs,
            &output.missing,
            &output.repeated,
            &case.processes.diagnosis,
            &case.leftovers.diagnosis,
        ];
        names.extend(single.into_iter().flatten().map(|it| it.as_ref().clone()));
        let lines = output.absent.iter().chain(&output.present);
        names.extend(lines.map(|it| it.diagnosis.as_ref().clone()));
        names.extend(output.order.iter().map(|it| it.diagnosis.as_ref().clone()));
    }
    names
}

/// The entries of a folder by name; none where there is no folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// The Rust files of a folder by name.
pub(super) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut paths = entries(folder);
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "rs"));
    paths
}

/// The diagnosis that a mistake must get, by the name of its file: up to the first dot. What follows tells several programs of one
/// diagnosis apart: `busy-wait.rs`, `busy-wait.in-the-workers.rs`.
pub(super) fn diagnosis_of(mistake: &str) -> &str {
    mistake.split_once('.').map_or(mistake, |(name, _)| name)
}

/// A file's name without its ending.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
