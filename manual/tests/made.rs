//! What is made: a shell that completes, and pages that say what `--help` says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn manual(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_grader-manual");
    let course = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(program)
        .args(arguments)
        .current_dir(course)
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}

/// What bash offers behind these words, of which the last may be incomplete.
fn offered(words: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("grade.bash");
    fs::write(&file, manual(&["completions", "bash"]).stdout).unwrap();
    let last = words.len() - 1;
    let before = last.saturating_sub(1);
    let script = format!(
        "source '{}' || exit 1; COMP_WORDS=({}); COMP_CWORD={last}; COMPREPLY=(); \
         _grade grade '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"; declare -F grade",
        file.display(),
        words.join(" "),
        words[last],
        words[before],
    );
    let output = Command::new("bash")
        .args(["--norc", "-c", &script])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn bash_completes_commands_and_exercises() {
    let first = offered(&["grade", "hel"]);
    assert!(first.lines().any(|it| it == "hello-pipe"), "{first}");
    assert!(offered(&["grade", "time"]).contains("timeline"));
    assert!(offered(&["grade", "merge", "--dead"]).contains("--deadlines"));
    let exercise = offered(&["grade", "hint", "hello-p"]);
    assert!(exercise.lines().any(|it| it == "hello-pipe"), "{exercise}");
    assert!(!offered(&["grade", "hint", "x"]).contains("hello"));
    // What is completed is there as a function.
    assert!(first.lines().any(|it| it == "grade"), "{first}");
}

#[test]
fn every_shell_gets_something_of_its_own() {
    let shells = ["bash", "zsh", "fish", "elvish", "powershell"];
    for shell in shells {
        let text = String::from_utf8(manual(&["completions", shell]).stdout).unwrap();
        assert!(text.contains("timeline"), "{shell}: {text}");
        let last = text.lines().last().unwrap();
        assert!(last.contains("cargo grade"), "{shell}: {last}");
        assert_eq!(text.starts_with("#compdef grade"), shell == "zsh");
    }
}

#[test]
fn pages_say_what_help_says() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("man");
    manual(&["man", dir.to_str().unwrap()]);
    let page = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
    let first = page("cargo-grade.1");
    for text in [
        ".TH",
        "cargo grade hint hello\\-pipe",
        "Exit codes",
        "cargo\\-grade\\-timeline(1)",
    ] {
        assert!(first.contains(text), "no {text}: {first}");
    }
    assert!(page("cargo-grade-timeline.1").contains("\\-\\-compare"));
    // What other programs do belongs to the command, too.
    for (command, option) in [
        ("class", "overrides"),
        ("merge", "deadlines"),
        ("explain-record", "html"),
    ] {
        let page = page(&format!("cargo-grade-{command}.1"));
        assert!(page.contains(&format!("\\-\\-{option}")), "{page}");
    }
}
