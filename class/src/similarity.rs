//! Answers in the forms of programs that look for copied ones. They compare; here nothing is compared, and nothing is graded.
//!
//! Each exercise is by itself: answers to different ones have nothing to do with each other. Stubs that nobody has touched are left out,
//! and the stub goes along as the code that everybody has.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use grader::cli::args::class::Similarity;
use grader::cli::exit::Exit;
use grader::course::{Course, ExerciseRef};
use grader::report::occasion::Occasion;
use grader::report::style::{Style, count};
use grader::report::visible;
use grader::submission::Answer;

use crate::class::called;
use crate::entries::Place;
use crate::roster::Field;
use crate::store::{file_name, write_whole};
use crate::taken::{self, TakeError, Taken};
use crate::{Failure, say};

/// Writes the answers of a class, and says how to go on.
pub(crate) fn export(
    course: &Course,
    selection: &[ExerciseRef<'_>],
    places: &[Place],
    form: Similarity,
    out: &Path,
) -> Result<Exit, Failure> {
    let mut lines = Vec::new();
    let mut has_failed = false;
    let mut class = Vec::new();
    for place in places.iter().filter(|it| !it.paths.is_empty()) {
        match taken::take(course, &place.paths) {
            Ok(taken) => class.push((place, taken)),
            Err(error) => {
                has_failed |= matches!(error, TakeError::Machine { .. });
                let said = format!("left out: {}: {error}", called(&place.student));
                lines.push(visible::line(&said, Style::plain()));
            }
        }
    }
    let (folder, how) = match form {
        Similarity::Dolos => (
            out.join("dolos"),
            "dolos run -l rust --ignore EXERCISE/stub.rs EXERCISE/info.csv",
        ),
        Similarity::Jplag => (
            out.join("jplag"),
            "java -jar jplag.jar -l rust -bc EXERCISE/base EXERCISE/submissions",
        ),
    };
    if folder.is_dir() {
        // Who has left the class since would still be compared.
        fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    let mut exercises = 0;
    for exercise in selection {
        let path = exercise.stub_path();
        let stub = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let answers: Vec<(&Place, &Taken, &str)> = class
            .iter()
            .filter_map(|(place, taken)| Some((*place, taken, own_text(taken, *exercise)?)))
            .filter(|(_, _, text)| *text != stub)
            .collect();
        if answers.is_empty() {
            continue;
        }
        exercises += 1;
        let folder = folder.join(exercise.name());
        match form {
            Similarity::Dolos => dolos(&folder, &stub, &answers)?,
            Similarity::Jplag => jplag(&folder, *exercise, &stub, &answers)?,
        }
    }
    lines.push(format!(
        "{} of {} in {}",
        count(exercises, "exercise", "exercises"),
        count(class.len(), "student", "students"),
        folder.display()
    ));
    if exercises > 0 {
        lines.push(format!("there, for each of them: {how}"));
    }
    say(&(lines.join("\n") + "\n"));
    if has_failed {
        Ok(Exit::Infrastructure)
    } else {
        Ok(Exit::Success)
    }
}

/// The text of the exercise's own file: the others of its program are other exercises'.
fn own_text<'a>(taken: &'a Taken, exercise: ExerciseRef<'_>) -> Option<&'a str> {
    match taken.answers.get(exercise.name())? {
        Answer::Source(sources) => sources.get(Path::new(&exercise.file())),
        Answer::Missing | Answer::Refused { .. } => None,
    }
}

/// What Dolos reads: a table of files with who wrote them, and when where that is known.
fn dolos(folder: &Path, stub: &str, answers: &[(&Place, &Taken, &str)]) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["filename", "label", "created_at", "full_name"])?;
    for (place, taken, text) in answers {
        let student = &place.student;
        let file = format!("{}.rs", file_name(&student.id));
        put(folder.join("answers").join(&file), text)?;
        let time = taken.commit.as_ref().map(|commit| {
            let occasion = Occasion {
                committed: Some(commit.time),
                ..Occasion::default()
            };
            occasion.submitted_at()
        });
        table.write_record([
            &format!("answers/{file}"),
            student.get(Field::Section),
            &time.unwrap_or_default(),
            student.name(),
        ])?;
    }
    let table = String::from_utf8(table.into_inner()?)?;
    put(folder.join("info.csv"), &table)?;
    put(folder.join("stub.rs"), stub)
}

/// What JPlag reads: a folder for each student, and one of what everybody has.
fn jplag(
    folder: &Path,
    exercise: ExerciseRef<'_>,
    stub: &str,
    answers: &[(&Place, &Taken, &str)],
) -> anyhow::Result<()> {
    let file = format!("{}.rs", exercise.name());
    for (place, _, text) in answers {
        let own = folder
            .join("submissions")
            .join(file_name(&place.student.id));
        put(own.join(&file), text)?;
    }
    put(folder.join("base").join(&file), stub)
}

fn put(path: PathBuf, text: &str) -> anyhow::Result<()> {
    let written = || {
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        write_whole(&path, text.as_bytes())
    };
    written().with_context(|| format!("write {}", path.display()))
}
