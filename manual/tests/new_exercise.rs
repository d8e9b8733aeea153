//! The chapter "A new exercise in 15 minutes", followed literally on a copy of the course: its files are written, its commands are
//! typed, and what it says that they print is looked for.
//!
//! It is here and not with the grader's tests because cargo builds a grader of the copy's own for it, which is needed once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a reader of the chapter does.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Types a line.
    Type(String),
    /// Compares what the lines typed last have printed: each line of this must be in it.
    See(String),
    /// Writes a file.
    Write(String, String),
}

/// The steps of a chapter, from its fenced blocks: `console` is typed, `text` is seen, and everything else is the content of the file
/// that the line before it names.
fn steps(chapter: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut before = "";
    let mut lines = chapter.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            before = if line.is_empty() { before } else { line };
            continue;
        };
        let block = lines.by_ref().take_while(|it| *it != "```");
        let block: String = block.map(|it| format!("{it}\n")).collect();
        match language {
            "console" => steps.extend(block.lines().map(|it| Step::Type(it.to_owned()))),
            "text" => steps.push(Step::See(block)),
            _ => {
                let file = before
                    .strip_prefix('`')
                    .and_then(|it| it.strip_suffix("`:"));
                let file = file.unwrap_or_else(|| panic!("which file is this?\n{block}"));
                steps.push(Step::Write(file.to_owned(), block));
            }
        }
    }
    steps
}

/// A copy of the course as it is checked out, in which cargo finds the packages of others built already.
fn copy_of_the_course() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let course = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    copy_files(&course, copy.path(), &[".git", "target"]).unwrap();

    let built = Path::new(env!("CARGO_BIN_EXE_grader-manual"))
        .parent()
        .unwrap();
    let target = copy.path().join("target/debug");
    for part in [".fingerprint", "build"] {
        copy_files(&built.join(part), &target.join(part), &[]).unwrap();
    }
    fs::create_dir_all(target.join("deps")).unwrap();
    for entry in fs::read_dir(built.join("deps")).unwrap() {
        let path = entry.unwrap().path();
        let ending = path.extension().unwrap_or_default();
        if ["rlib", "rmeta", "so", "d"].iter().any(|it| ending == *it) {
            let to = target.join("deps").join(path.file_name().unwrap());
            // They are replaced and never changed, so they can be the same files.
            fs::hard_link(&path, &to)
                .or_else(|_| copy_file(&path, &to))
                .unwrap();
        }
    }
    copy
}

fn copy_files(from: &Path, to: &Path, without: &[&str]) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, target) = (entry.file_name(), to.join(entry.file_name()));
        if without.iter().any(|it| name == *it) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy_files(&entry.path(), &target, without)?;
        } else {
            copy_file(&entry.path(), &target)?;
        }
    }
    Ok(())
}

/// With its time: cargo builds again what is newer than what was made from it.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    let time = fs::metadata(from)?.modified()?;
    fs::File::open(to)?.set_modified(time)
}

fn typed(line: &str, folder: &Path) -> Output {
    let own = |name: &str| name.starts_with("CARGO_") && name != "CARGO_HOME" || name == "CARGO";
    let mut command = Command::new("bash");
    command
        .args(["-euo", "pipefail", "-c", line])
        .current_dir(folder);
    for (name, _) in std::env::vars().filter(|(name, _)| own(name)) {
        command.env_remove(name);
    }
    command
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_NET_OFFLINE", "true")
        .env("COLUMNS", "80");
    command.output().unwrap()
}

fn follow(chapter: &str, folder: &Path) {
    let mut printed = String::new();
    let mut is_seen = true;
    for step in steps(chapter) {
        match step {
            Step::Type(line) => {
                if is_seen {
                    printed.clear();
                    is_seen = false;
                }
                let output = typed(&line, folder);
                printed.push_str(&String::from_utf8_lossy(&output.stdout));
                printed.push_str(&String::from_utf8_lossy(&output.stderr));
                // 1 says that points are missing, which is what some of the commands are to show.
                assert!(
                    matches!(output.status.code(), Some(0 | 1)),
                    "{line}\n{printed}"
                );
            }
            Step::See(text) => {
                for line in text.lines() {
                    assert!(printed.contains(line), "`{line}` is not in:\n{printed}");
                }
                is_seen = true;
            }
            Step::Write(file, text) => {
                let path: PathBuf = folder.join(file);
                assert!(path.parent().unwrap().is_dir(), "{}", path.display());
                fs::write(path, text).unwrap();
            }
        }
    }
}

#[test]
fn the_chapter_leads_from_nothing_to_a_graded_exercise() {
    let copy = copy_of_the_course();
    let path = copy.path().join("docs/src/new-exercise.md");
    let chapter = fs::read_to_string(path).unwrap();
    let commands = steps(&chapter);
    let types = |step: &&Step| matches!(step, Step::Type(_));
    assert!(commands.iter().filter(types).count() > 8, "{commands:?}");
    follow(&chapter, copy.path());

    // What the chapter leaves behind is as the house wants it.
    for manifest in ["Cargo.toml", "solutions/Cargo.toml"] {
        let line = format!("cargo fmt --all --check --manifest-path {manifest}");
        let output = typed(&line, copy.path());
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn blocks_are_commands_outputs_and_files() {
    let chapter = "Do:\n\n```console\na\nb\n```\n\n```text\nx\n```\n\n`f.rs`:\n\n```rust\ny\n```\n";
    let expected = [
        Step::Type("a".into()),
        Step::Type("b".into()),
        Step::See("x\n".into()),
        Step::Write("f.rs".into(), "y\n".into()),
    ];
    assert_eq!(steps(chapter), expected);
}
