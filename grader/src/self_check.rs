//! The course checked against itself: what an author must not forget, and what every program must get.
//!
//! Every stub is built, run and gets 0 points by its `todo!` panic; every reference answer and variant gets full points; every
//! mistake loses points and gets its own diagnosis first, or is listed in `solutions/expected-misses.toml`; no file is
//! missing and none is astray. Each fault says how to cure it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Deserialize;

use crate::check::FAKED_OUTPUT;
use crate::course::{Course, CourseError, ExerciseRef};
use crate::grade::{Attempt, CacheUse, GradeError, Grader, Options};
use crate::progress::Progress;
use crate::sources::Sources;
use crate::verdict::{Status, Verdict};

mod files;
mod printer;

/// How the course is checked.
#[derive(Debug, Clone)]
pub struct SelfCheckOptions {
    /// How often programs are run.
    pub times: u32,
    /// Which are run so often; the others are run once.
    pub repeated: Repeated,
    /// How many processes keep the machine busy meanwhile.
    pub load: usize,
    /// How grading is done.
    pub grading: Options,
    /// Names that mean a command: `cargo grade NAME` could not ask for such an exercise.
    pub commands: Vec<String>,
}

/// Programs that are run again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    /// The reference answers.
    Answers,
    /// The reference answers and their variants.
    Right,
    /// The mistakes.
    Mistakes,
    /// The reference answers, their variants and the mistakes.
    All,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct SelfCheck {
    /// How many programs were built and judged.
    pub programs: usize,
    /// How many verdicts were reached.
    pub verdicts: usize,
    /// What is not as it should be.
    pub faults: Vec<Fault>,
    /// Mistakes that are listed as missed, and are.
    pub misses: Vec<Miss>,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A file, or a program.
    pub subject: String,
    /// What is wrong with it, and the cure.
    pub message: String,
}

/// A mistake that the grader cannot tell yet.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Miss {
    /// The exercise.
    pub exercise: String,
    /// The mistake's name: the diagnosis it should get, and what follows it in the file's name.
    pub mistake: String,
    /// What the grader says instead: `passes`, or another diagnosis.
    pub instead: String,
    /// What would be needed to tell it.
    pub because: String,
}

/// The whole of `solutions/expected-misses.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Misses {
    #[serde(rename = "miss", default)]
    misses: Vec<Miss>,
}

/// What a program is in the course.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Role {
    Stub,
    Solution,
    Variant,
    Mistake(String),
    /// Prints what is expected and does nothing for it.
    Printer,
}

/// About how many repeated programs are judged in one go: a slow one at the end of each go leaves processors idle.
const AT_ONCE: usize = 100;

/// A program to judge.
#[derive(Debug)]
struct Subject<'a> {
    role: Role,
    exercise: ExerciseRef<'a>,
    path: PathBuf,
    source: Sources,
}

/// Checks the course, the selected exercises of it.
///
/// # Errors
/// When the grader could not work, or a description is faulty.
pub fn self_check(
    course: &Course,
    selection: &[ExerciseRef<'_>],
    options: &SelfCheckOptions,
    progress: &dyn Progress,
) -> Result<SelfCheck, GradeError> {
    let misses = read_misses(course)?;
    let mut result = SelfCheck {
        faults: files::check(course, selection, &options.commands),
        ..SelfCheck::default()
    };
    check_misses(course, &misses, &mut result.faults);
    // Without its snapshots an exercise cannot be judged; that they are missing is among the faults.
    let judged: Vec<ExerciseRef<'_>> = selection.iter().copied().filter(has_snapshots).collect();
    let subjects = subjects(course, &judged);
    result.programs = subjects.len();
    let verdicts = judge(course, &subjects, options, progress)?;
    for (subject, verdict) in subjects.iter().zip(&verdicts) {
        result.verdicts += 1;
        if let Some(message) = subject.fault(course, verdict, &misses, &mut result.misses) {
            result.faults.push(subject.named(course, message));
        }
    }
    repeat(course, &subjects, &misses, options, progress, &mut result)?;
    Ok(result)
}

fn has_snapshots(exercise: &ExerciseRef<'_>) -> bool {
    let mut cases = exercise.exercise.cases.iter();
    cases.all(|case| !case.has_snapshot() || exercise.snapshot(case).is_ok())
}

fn judge(
    course: &Course,
    subjects: &[Subject<'_>],
    options: &SelfCheckOptions,
    progress: &dyn Progress,
) -> Result<Vec<Verdict>, GradeError> {
    let attempts: Vec<Attempt<'_>> = subjects
        .iter()
        .map(|subject| Attempt {
            exercise: subject.exercise,
            source: subject.source.clone(),
        })
        .collect();
    Grader::new(course, &options.grading)?.judge(&attempts, progress)
}

/// Runs programs the remaining times, on a machine as busy as asked for.
fn repeat(
    course: &Course,
    subjects: &[Subject<'_>],
    misses: &[Miss],
    options: &SelfCheckOptions,
    progress: &dyn Progress,
    result: &mut SelfCheck,
) -> Result<(), GradeError> {
    let repeated: Vec<&Subject<'_>> = subjects
        .iter()
        .filter(|subject| options.repeated.covers(&subject.role))
        .collect();
    let attempts: Vec<Attempt<'_>> = repeated
        .iter()
        .map(|subject| Attempt {
            exercise: subject.exercise,
            source: subject.source.clone(),
        })
        .collect();
    let grading = Options {
        cache: CacheUse::RunAgain,
        ..options.grading.clone()
    };
    let mut grader = Grader::new(course, &grading)?;
    let times: Vec<u32> = (2..=options.times).collect();
    under_load(options.load, || {
        for times in times.chunks((AT_ONCE / attempts.len().max(1)).max(1)) {
            let many: Vec<Attempt<'_>> = times.iter().flat_map(|_| attempts.clone()).collect();
            let verdicts = grader.judge(&many, progress)?;
            let subjects = times
                .iter()
                .flat_map(|time| repeated.iter().map(move |subject| (time, subject)));
            for ((time, subject), verdict) in subjects.zip(&verdicts) {
                result.verdicts += 1;
                // What is listed as missed was counted the first time.
                if let Some(message) = subject.fault(course, verdict, misses, &mut Vec::new()) {
                    let message = format!("in run {time} of {}: {message}", options.times);
                    result.faults.push(subject.named(course, message));
                }
            }
        }
        Ok(())
    })
}

/// Does the work while `load` threads keep the machine busy.
fn under_load<T>(load: usize, work: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..load {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let result = work();
        done.store(true, Ordering::Relaxed);
        result
    })
}

fn read_misses(course: &Course) -> Result<Vec<Miss>, GradeError> {
    let path = course.solutions().join("expected-misses.toml");
    let Ok(text) = fs::read_to_string(&path) else {
        // No list is an empty list.
        return Ok(Vec::new());
    };
    let misses: Misses = toml::from_str(&text).map_err(|error| CourseError::Faulty {
        path,
        fault: error.to_string(),
    })?;
    Ok(misses.misses)
}

fn check_misses(course: &Course, misses: &[Miss], faults: &mut Vec<Fault>) {
    for miss in misses {
        let file = course.exercise(&miss.exercise).map(|exercise| {
            let folder = exercise.solutions_folder(course);
            folder.join(format!("mistakes/{}/{}.rs", miss.exercise, miss.mistake))
        });
        if !file.is_ok_and(|file| file.is_file()) {
            faults.push(Fault {
                subject: "solutions/expected-misses.toml".to_owned(),
                message: format!(
                    "there is no mistake {}/{}: take it off the list",
                    miss.exercise, miss.mistake
                ),
            });
        }
    }
}

fn subjects<'a>(course: &Course, selection: &[ExerciseRef<'a>]) -> Vec<Subject<'a>> {
    let mut subjects = Vec::new();
    for exercise in selection {
        let stubs = Sources::read(&exercise.stubs_path(), *exercise).ok();
        subjects.extend(stubs.map(|source| Subject {
            role: Role::Stub,
            exercise: *exercise,
            path: exercise.stub_path(),
            source,
        }));
        if let Some(source) = printer::source(*exercise, course.has_solutions()) {
            subjects.push(Subject {
                role: Role::Printer,
                exercise: *exercise,
                path: exercise.lab.path.join("lab.toml"),
                source,
            });
        }
        if !course.has_solutions() {
            continue;
        }
        // A mistake or a variant is the exercise's own file; the others of its program are those of the reference answer.
        let solution = Sources::read(&exercise.solution_base(course), *exercise);
        let solution = solution.unwrap_or_default();
        let mut add = |role: Role, path: PathBuf| {
            // A file that cannot be read is reported with the files.
            let text = fs::read_to_string(&path).ok();
            subjects.extend(text.map(|text| Subject {
                role,
                exercise: *exercise,
                path,
                source: solution.clone().with(exercise.file().into(), text),
            }));
        };
        add(Role::Solution, exercise.solution_path(course));
        let folder = exercise.solutions_folder(course);
        for path in files::sources(&folder.join("variants").join(exercise.name())) {
            add(Role::Variant, path);
        }
        for path in files::sources(&folder.join("mistakes").join(exercise.name())) {
            let name = files::stem(&path);
            add(Role::Mistake(name), path);
        }
    }
    subjects
}

impl Repeated {
    fn covers(self, role: &Role) -> bool {
        match role {
            Role::Solution => self != Self::Mistakes,
            Role::Variant => matches!(self, Self::Right | Self::All),
            Role::Mistake(_) => matches!(self, Self::Mistakes | Self::All),
            Role::Stub | Role::Printer => false,
        }
    }
}

impl Subject<'_> {
    fn named(&self, course: &Course, message: String) -> Fault {
        let path = self.path.strip_prefix(&course.root).unwrap_or(&self.path);
        Fault {
            subject: path.display().to_string(),
            message,
        }
    }

    /// What is wrong with the verdict on this program.
    fn fault(
        &self,
        course: &Course,
        verdict: &Verdict,
        misses: &[Miss],
        missed: &mut Vec<Miss>,
    ) -> Option<String> {
        if verdict.status == Status::DoesNotCompile {
            let said = verdict.compiler.as_deref().unwrap_or_default();
            return Some(format!("it does not compile\n{said}"));
        }
        match &self.role {
            Role::Stub => stub_fault(verdict),
            Role::Solution | Role::Variant => right_answer_fault(verdict),
            Role::Printer => (verdict.points > 0).then(|| {
                format!(
                    "{}: a program that only prints the expected lines gets {} of {} points: state evidence of the work, or that the exercise is `pure`",
                    verdict.exercise, verdict.points, verdict.max_points
                )
            }),
            Role::Mistake(name) => {
                let diagnosis = files::diagnosis_of(name);
                if let Err(error) = course.diagnosis(Some(self.exercise.lab), diagnosis) {
                    return Some(format!(
                        "{error}: write diagnoses/{diagnosis}.md, in the lab or in grader/"
                    ));
                }
                let is_this =
                    |miss: &&Miss| miss.exercise == verdict.exercise && miss.mistake == *name;
                let fault = mistake_fault(name, verdict, misses.iter().find(is_this));
                if fault.is_none() {
                    missed.extend(misses.iter().find(is_this).cloned());
                }
                fault
            }
        }
    }
}

fn stub_fault(verdict: &Verdict) -> Option<String> {
    if verdict.points > 0 {
        return Some(format!(
            "the stub gets {} of {} points: an expectation holds for a program that does nothing; compare the output of each case, or state evidence",
            verdict.points, verdict.max_points
        ));
    }
    let cases: BTreeSet<&str> = verdict
        .findings
        .iter()
        .filter(|finding| finding.diagnosis == "still-todo")
        .map(|finding| finding.case.as_str())
        .collect();
    let other = verdict
        .cases
        .iter()
        .find(|case| !cases.contains(case.case.as_str()))?;
    Some(format!(
        "in the case `{}` the stub does not end at its `todo!`; let every case reach it",
        other.case
    ))
}

fn right_answer_fault(verdict: &Verdict) -> Option<String> {
    let finding = verdict.findings.first()?;
    let difference = finding
        .difference
        .as_ref()
        .map_or_else(String::new, |texts| {
            format!("\nexpected:\n{}\nseen:\n{}", texts.expected, texts.seen)
        });
    Some(format!(
        "a right answer gets {} of {} points: {} in the case `{}`: {}; cure the program, or lab.toml where it demands more than what is right, or have `{}` write the output{difference}",
        verdict.points,
        verdict.max_points,
        finding.diagnosis,
        finding.case,
        finding.message,
        files::snapshots_of(&verdict.exercise)
    ))
}

fn mistake_fault(file: &str, verdict: &Verdict, miss: Option<&Miss>) -> Option<String> {
    let name = files::diagnosis_of(file);
    let first = verdict.findings.first();
    let seen = first.map_or("passes", |finding| finding.diagnosis.as_str());
    if seen == FAKED_OUTPUT && name == FAKED_OUTPUT && verdict.points > 0 {
        return Some(format!(
            "faked output gets {} points: it must get none; give the finding the diagnosis `{FAKED_OUTPUT}`",
            verdict.points
        ));
    }
    if seen == name && verdict.points < verdict.max_points {
        return miss.map(|_| {
            "the mistake is caught: take it off solutions/expected-misses.toml".to_owned()
        });
    }
    if let Some(miss) = miss {
        return (miss.instead != seen).then(|| {
            format!(
                "the mistake is listed as one that gets `{}` instead, and it gets `{seen}`{}",
                miss.instead,
                detail(first)
            )
        });
    }
    Some(format!(
        "the mistake must get `{name}` first, and it gets `{seen}`{}; make a case that tells it, or list it in solutions/expected-misses.toml",
        detail(first)
    ))
}

fn detail(finding: Option<&crate::verdict::Finding>) -> String {
    finding.map_or_else(String::new, |finding| {
        format!(" (case `{}`: {})", finding.case, finding.message)
    })
}

/// The path as it is shown: relative to the checkout.
pub(crate) fn shown(course: &Course, path: &Path) -> String {
    path.strip_prefix(&course.root)
        .unwrap_or(path)
        .display()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_is_what_was_asked_for() {
        let roles = [
            Role::Stub,
            Role::Solution,
            Role::Variant,
            Role::Mistake("x".to_owned()),
            Role::Printer,
        ];
        let covered = |which: Repeated| roles.each_ref().map(|role| which.covers(role));
        assert_eq!(
            covered(Repeated::Answers),
            [false, true, false, false, false]
        );
        assert_eq!(covered(Repeated::Right), [false, true, true, false, false]);
        assert_eq!(
            covered(Repeated::Mistakes),
            [false, false, false, true, false]
        );
        assert_eq!(covered(Repeated::All), [false, true, true, true, false]);
    }
}
