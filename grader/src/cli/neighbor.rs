//! Programs beside the grader's: what few need, or what takes longer to build than the grader, is a package of its own.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use super::exit::Exit;
use super::failure::Failure;
use super::screen::tell;
use crate::course::Course;

/// A program of the course that is not the grader's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Neighbor {
    /// The program, and the package that it is built from.
    pub(super) name: &'static str,
    /// The folder of the package.
    pub(super) folder: &'static str,
    /// What it is, for whoever waits until it is built.
    pub(super) what: &'static str,
}

impl Neighbor {
    /// Becomes the program; cargo builds it before, where that is needed.
    pub(super) fn become_it(
        self,
        course: &Course,
        arguments: &[impl AsRef<OsStr>],
    ) -> Result<Exit, Failure> {
        let mut command = match self.beside_this_program() {
            Some(program) => Command::new(program),
            None => {
                let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
                let mut command = Command::new(cargo);
                command.arg("run");
                if self.is_built(course) {
                    command.arg("--quiet");
                } else {
                    // Otherwise a minute would pass in silence.
                    tell(&format!("building {}: this takes a while, once", self.what));
                }
                command.args(["--locked", "--package", self.name]);
                command
                    .arg("--manifest-path")
                    .arg(course.root.join("Cargo.toml"));
                command.arg("--");
                command
            }
        };
        let error = command.args(arguments).exec();
        Err(Failure::infrastructure(error)
            .while_it(format!("start {}", self.what))
            .hint(format!(
                "it is built by cargo from the folder {}/ of the course",
                self.folder
            )))
    }

    /// Whether cargo has built the program before, for this checkout.
    fn is_built(self, course: &Course) -> bool {
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let target = target.unwrap_or_else(|| course.root.join("target"));
        target.join("debug").join(self.name).is_file()
    }

    /// Where the grader was installed and not built, the other program was installed with it.
    fn beside_this_program(self) -> Option<PathBuf> {
        let own = std::env::current_exe().ok()?;
        let folder = own.parent()?;
        // In cargo's folder it may be there and older than its source.
        let is_installed = !folder.join(".fingerprint").exists() && !folder.join("deps").exists();
        let other = folder.join(self.name);
        (is_installed && other.is_file()).then_some(other)
    }
}
