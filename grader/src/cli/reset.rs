//! Putting a stub back. What the student wrote is kept, under a name that is said.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::failure::Failure;
use super::grade::find_exercise;
use super::request::Consent;
use super::screen::Screen;
use crate::course::{Course, ExerciseRef};

/// The folder of the checkout that keeps what was replaced. Beside the answers, cargo would take a copy for a program.
const BACKUPS: &str = "backups";

/// Backups of one exercise that are kept. A person does not get there; a script that does should be told.
const MOST_BACKUPS: u32 = 10_000;

pub(super) fn run(
    course: &Course,
    name: &str,
    consent: Consent,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let exercise = find_exercise(course, name)?;
    let file = exercise.relative_path();
    let file = file.display();
    let step = format!("reset {name}");
    let broken = |error: anyhow::Error| Failure::infrastructure(error).while_it(step.clone());
    let stub = fs::read(exercise.stub_path()).map_err(|error| {
        let path = exercise.stub_path();
        broken(anyhow::Error::new(error).context(format!("read the original {}", path.display())))
    })?;
    let written = match fs::read(exercise.answer_path()) {
        Ok(written) => Some(written),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            return Err(broken(
                anyhow::Error::new(error).context(format!("read {file}")),
            ));
        }
    };
    if written.as_ref() == Some(&stub) {
        screen.print(&format!(
            "{file} is as it was at the beginning: nothing to reset\n"
        ))?;
        return Ok(Exit::Success);
    }
    if written.is_some() && consent == Consent::Wanted && !ask(exercise, &step)? {
        screen.print("nothing was changed\n")?;
        return Ok(Exit::Success);
    }
    let backup = written
        .map(|text| keep(course, exercise, &text))
        .transpose();
    let backup = backup.map_err(|error| {
        broken(anyhow::Error::new(error).context(format!("keep a copy of {file} in {BACKUPS}/")))
    })?;
    replace(&exercise.answer_path(), &stub)
        .map_err(|error| broken(anyhow::Error::new(error).context(format!("write {file}"))))?;
    let mut text = format!("{file} is as it was at the beginning\n");
    if let Some(backup) = backup {
        let backup = backup.display();
        text.push_str(&format!(
            "what you had written is in {backup}; to get it back"
        ));
        let here = std::env::current_dir();
        if !here.is_ok_and(|here| here == course.root) {
            text.push_str(&format!(", in {}", course.root.display()));
        }
        text.push_str(&format!(":\n  cp {backup} {file}\n"));
    }
    screen.print(&text)?;
    Ok(Exit::Success)
}

/// Asks the person at the terminal; without one, nobody can agree.
fn ask(exercise: ExerciseRef<'_>, step: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        let error = anyhow::anyhow!("there is no terminal to ask for consent");
        return Err(Failure::usage(error)
            .while_it(step.to_owned())
            .hint(format!(
                "`cargo grade reset {} --yes` does not ask",
                exercise.name()
            )));
    }
    let file = exercise.relative_path();
    let question = format!(
        "put the original of {} back? What is there now is kept in {BACKUPS}/. [y/N] ",
        file.display()
    );
    let asked = io::stderr().lock().write_all(question.as_bytes());
    let mut answer = String::new();
    let answered = asked.and_then(|()| io::stdin().read_line(&mut answer));
    answered.map_err(|error| Failure::infrastructure(error).while_it("ask for consent"))?;
    Ok(matches!(
        answer.trim().to_ascii_lowercase().as_str(),
        "y" | "yes"
    ))
}

/// Writes the text to the first free name in the backups, and returns it relative to the checkout.
fn keep(course: &Course, exercise: ExerciseRef<'_>, text: &[u8]) -> io::Result<PathBuf> {
    fs::create_dir_all(course.root.join(BACKUPS))?;
    for number in 1..=MOST_BACKUPS {
        let name = Path::new(BACKUPS).join(format!("{}-{number}.rs", exercise.name()));
        match File::create_new(course.root.join(&name)) {
            Ok(mut file) => {
                file.write_all(text)?;
                file.sync_all()?;
                return Ok(name);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("there are too many copies already"))
}

/// Replaces a file as a whole: on a full disk the old one stays.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut temporary = tempfile::Builder::new()
        .prefix(".reset-")
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    temporary.write_all(text)?;
    temporary.persist(path)?;
    Ok(())
}
