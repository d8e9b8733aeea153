//! A small course in a temporary folder, and the grader at work in it.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// The stub of both exercises.
pub(crate) const STUB: &str = "fn main() {\n    todo!(\"write me\")\n}\n";

const DESCRIPTION: &str = r#"
title = "Demo"
summary = "Two exercises to try commands on."

[[exercise]]
name = "first-step"
title = "one step"
level = "core"
minutes = 10
hints = ["Look at `fork`.", "Look closer.", "Call `fork()` once."]
diagnoses = ["child-not-reaped"]
[[exercise.case]]
name = "one"
shows = "one step is made"
points = 4
[[exercise.case]]
name = "two"
shows = "two steps are made"
points = 6

[[exercise]]
name = "second-step"
title = "another step"
level = "extra"
minutes = 20
after = ["first-step"]
hints = ["a", "b", "c"]
diagnoses = []
[[exercise.case]]
name = "one"
shows = "it is made"
points = 5
"#;

/// A small course.
pub(crate) struct Demo {
    folder: TempDir,
}

impl Demo {
    pub(crate) fn new() -> Self {
        let demo = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        demo.write("Cargo.toml", "[workspace]\nmembers = [\"labs/*\"]\n");
        demo.write("Cargo.lock", "version = 4\n");
        demo.write("labs/10-demo/lab.toml", DESCRIPTION);
        let package = "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        demo.write("labs/10-demo/Cargo.toml", package);
        for name in ["first-step", "second-step"] {
            demo.write(&format!("labs/10-demo/src/bin/{name}.rs"), STUB);
            demo.write(&format!("labs/10-demo/harness/stubs/{name}.rs"), STUB);
        }
        let shared = diagnosis("A child was never waited for");
        demo.write("grader/diagnoses/child-not-reaped.md", &shared);
        demo.write(
            "grader/diagnoses/hung.md",
            &diagnosis("Every process waits"),
        );
        demo.write(
            "labs/10-demo/diagnoses/hung.md",
            &diagnosis("The steps wait"),
        );
        demo.write(
            "labs/10-demo/diagnoses/only-here.md",
            &diagnosis("Only in this lab"),
        );
        demo
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let file = self.file(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    /// The grader's command line, in an environment that does not depend on who runs the test.
    pub(crate) fn grader(&self, typed: &str) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_grader"));
        command
            .args(typed.split_whitespace())
            .current_dir(self.path())
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "xterm")
            .env("CARGO_TARGET_DIR", self.file("target"))
            .env_remove("NO_COLOR")
            .env_remove("RUST_BACKTRACE");
        command
    }

    /// Runs the grader and returns what it said.
    #[track_caller]
    pub(crate) fn run(&self, typed: &str) -> Said {
        let output = Command::from_std(self.grader(typed)).output().unwrap();
        Said {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// What the grader said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

fn diagnosis(title: &str) -> String {
    format!(
        "# {title}\n\nIt matters.\n\n## What happens\n\nThis.\n\n## What to do\n\nCall `waitpid`.\n\n\
         ## Wrong and right\n\n```rust\nwaitpid(child, None)?;\n```\n\n## Look it up\n\nwaitpid(2)\n"
    )
}
