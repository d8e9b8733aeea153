//! Grading on save: a program of its own, because what draws a screen takes longer to build than the grader.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use super::exit::Exit;
use super::failure::Failure;
use crate::course::Course;

/// The program, and the package that it is built from.
const NAME: &str = "grader-watch";

pub(super) fn run(course: &Course, arguments: &[String]) -> Result<Exit, Failure> {
    if let Some(exercise) = arguments.iter().find(|it| !it.starts_with('-')) {
        // A slip is answered before anything is built.
        super::grade::find_exercise(course, exercise)?;
    }
    let mut command = match beside_this_program() {
        Some(program) => Command::new(program),
        None => {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let mut command = Command::new(cargo);
            command.args(["run", "--quiet", "--locked", "--package", NAME]);
            command
                .arg("--manifest-path")
                .arg(course.root.join("Cargo.toml"));
            command.arg("--");
            command
        }
    };
    let error = command.args(arguments).exec();
    Err(Failure::infrastructure(error)
        .while_it("start the program that watches")
        .hint("it is built by cargo from the folder watch/ of the course"))
}

/// Where the grader was installed and not built, the other program was installed with it.
fn beside_this_program() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let folder = own.parent()?;
    // In cargo's folder it may be there and older than its source.
    let is_installed = !folder.join(".fingerprint").exists() && !folder.join("deps").exists();
    let other = folder.join(NAME);
    (is_installed && other.is_file()).then_some(other)
}
