//! A course and a submission in a temporary folder, and programs that stand in for what is the platform's.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The grader under test.
pub(crate) const GRADER: &str = env!("CARGO_BIN_EXE_grader");

/// Where answers are built: what they need of others is built once for all tests.
const BUILT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/platforms");

/// The exercise that is handed in, and its worth: `greeting` 3, `words-and-code` 4, `any-words` 3.
pub(crate) const EXERCISE: &str = "hello-grader";

/// An answer that leaves numbers out: right where the words are no numbers (7 points), wrong where they are drawn.
pub(crate) fn answer() -> String {
    let right = fs::read_to_string(checkout().join("solutions/00-start/src/bin/hello-grader.rs"));
    let right = right.unwrap();
    let wrong = right.replace(
        "for word in words {",
        "for word in words.iter().filter(|it| it.parse::<u32>().is_err()) {",
    );
    assert_ne!(right, wrong);
    wrong
}

/// The checkout under test.
pub(crate) fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A folder of a platform.
pub(crate) struct Stage {
    folder: TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let stage = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        // The grader is built: a cargo that builds it again would take a minute and change nothing.
        let cargo = std::env::var("CARGO").unwrap();
        stage.program(
            "cargo",
            &format!(
                "for word; do if [ \"$word\" = grader ]; then mkdir -p target/debug; ln -sf '{GRADER}' target/debug/grader; exit; fi; done\nexec '{cargo}' \"$@\""
            ),
        );
        stage
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, file: &str) -> String {
        let path = self.path(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A program of the platform's, found before those of the machine.
    pub(crate) fn program(&self, name: &str, script: &str) {
        let file = format!("bin/{name}");
        self.write(&file, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(self.path(&file), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The whole course, of which one case is hidden from students.
    pub(crate) fn course(&self, folder: &str) {
        copy(&checkout(), &self.path(folder)).unwrap();
        let file = format!("{folder}/labs/00-start/lab.toml");
        let text = self.read(&file);
        let case = "name = \"any-words\"\n";
        assert!(text.contains(case));
        let hidden = text.replace(case, &format!("{case}hidden = true\n"));
        // Who is wrong there has not faked the rest: each case has its own points.
        let faked = "output = { differs = \"faked-output\", missing = \"faked-output\" }\n";
        assert!(hidden.contains(faked));
        self.write(&file, &hidden.replace(faked, ""));
    }

    /// A command of the platform's, in one of its folders.
    pub(crate) fn command(&self, program: &Path, folder: &str) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").unwrap();
        command
            .current_dir(self.path(folder))
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("CARGO_TARGET_DIR", BUILT);
        for variable in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "CARGO"] {
            command.env_remove(variable);
        }
        command
    }
}

/// What it said, if it succeeded.
#[track_caller]
pub(crate) fn succeeded(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    assert!(status.success(), "{command:?}: {status}\n{out}\n{err}");
    out.into_owned()
}

/// The files of the course as they are checked out.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if [".git", "target", "backups"]
            .iter()
            .any(|it| entry.file_name() == *it)
        {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}
