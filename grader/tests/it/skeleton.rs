//! Beginning labs and exercises: which names are refused, and that nothing is written over anything.
//!
//! That what is begun passes self-check is tested with the chapter that tells how (`manual/tests/new_exercise.rs`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::course::Demo;

/// The small course with what a checkout has for authors.
fn course() -> Demo {
    let demo = Demo::new();
    demo.write("labs/10-demo/harness/program.rs", "// given\n");
    demo.write("labs/10-demo/tests/cases.rs", "// given\n");
    demo.write("labs/10-demo/harness/lib.rs", "pub mod program;\n");
    demo.write(
        "labs/10-demo/README.md",
        "# Demo\n\n| exercise | | minutes | what it shows |\n| --- | --- | --- | --- |\n\n## To remember\n",
    );
    demo.write("solutions/Cargo.toml", "[workspace]\nmembers = [\"*\"]\n");
    demo.write("solutions/10-demo/Cargo.toml", "");
    demo
}

/// Every file below a folder, with its content.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    all
}

/// Checks that the command is refused with these words, and changes no file.
#[track_caller]
fn refused(demo: &Demo, typed: &str, words: &[&str]) {
    let before = files(demo.path());
    let said = demo.run(typed);
    assert_eq!(said.code, Some(2), "{said:?}");
    for word in words {
        assert!(said.err.contains(word), "{word}: {}", said.err);
    }
    assert!(before == files(demo.path()), "{typed} changed a file");
}

#[test]
fn names_that_cannot_be_used_are_refused_with_the_reason() {
    let demo = course();
    let form = ["two digits and its topic"];
    for name in [
        "sockets",
        "1-sockets",
        "123-sockets",
        "xx-sockets",
        "14_sockets",
        "../14-x",
    ] {
        refused(&demo, &format!("new-lab {name}"), &form);
    }
    for name in ["14-", "14-Sockets", "14-a_b", "14-9p", "14-a/b"] {
        refused(&demo, &format!("new-lab {name}"), &["small letters"]);
    }
    refused(&demo, "new-lab 10-sockets", &["number of the lab 10-demo"]);
    refused(&demo, "new-lab 14-demo", &["topic of the lab 10-demo"]);
    refused(&demo, "new-lab 14-list", &["it is a command"]);
    refused(&demo, "new-lab 14-match", &["keep this word"]);
    refused(&demo, "new-lab 14-first-step", &["name of an exercise"]);
    refused(&demo, "new-lab 14-echo echo", &["name of an exercise"]);
    refused(
        &demo,
        "new-lab 14-sockets first-step",
        &["10-demo has an exercise"],
    );

    refused(&demo, "new-exercise dmeo echo", &["none is called `dmeo`"]);
    refused(&demo, "new-exercise demos echo", &["did you mean `demo`"]);
    for name in ["Echo", "e--o", "9-lives", "a.b", "../echo"] {
        refused(
            &demo,
            &format!("new-exercise demo {name}"),
            &["small letters"],
        );
    }
    refused(&demo, "new-exercise demo first-step", &["has an exercise"]);
    refused(&demo, "new-exercise demo demo", &["name of a lab"]);
    refused(&demo, "new-exercise demo watch", &["it is a command"]);
    refused(&demo, "new-exercise demo deps", &["keep this word"]);
}

#[test]
fn a_package_of_the_lock_file_is_no_topic() {
    let demo = course();
    demo.write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"nix\"\n");
    refused(&demo, "new-lab 14-nix", &["a package that the course uses"]);
}

#[test]
fn what_is_there_is_not_written_over() {
    let demo = course();
    // A module that is no exercise's, and a file that somebody has begun.
    refused(
        &demo,
        "new-exercise demo program",
        &["harness/program.rs", "nothing was written"],
    );
    demo.write("solutions/10-demo/mistakes/echo/faked-output.rs", "mine");
    refused(
        &demo,
        "new-exercise demo echo",
        &["faked-output.rs", "there already"],
    );
    demo.write("labs/14-sockets/README.md", "mine");
    refused(
        &demo,
        "new-lab 14-sockets echo",
        &["14-sockets/README.md", "there already"],
    );
}

#[test]
fn authors_need_the_reference_answers() {
    let demo = course();
    fs::remove_dir_all(demo.file("solutions/10-demo")).unwrap();
    refused(
        &demo,
        "new-exercise demo echo",
        &["solutions/10-demo", "reference answers"],
    );
    fs::remove_dir_all(demo.file("solutions")).unwrap();
    refused(&demo, "new-lab 14-sockets", &["student's copy"]);
}

#[test]
fn outside_of_a_course_nothing_begins() {
    let demo = course();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = demo.grader("new-lab 14-sockets");
    let output = command.current_dir(elsewhere.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("inside a checkout of the course"), "{said}");
    assert_eq!(files(elsewhere.path()).len(), 0);
}

#[test]
fn an_exercise_is_files_of_its_lab_and_nothing_else() {
    let demo = course();
    let before = files(demo.path());
    let said = demo.run("new-exercise 10-demo echo-server");
    assert_eq!(said.code, Some(0), "{said:?}");
    let after = files(demo.path());
    let changed = after
        .iter()
        .filter(|(path, text)| before.get(*path) != Some(*text));
    let changed: Vec<&Path> = changed
        .map(|(path, _)| path.strip_prefix(demo.path()).unwrap())
        .collect();
    let inside =
        |path: &&&Path| path.starts_with("labs/10-demo") || path.starts_with("solutions/10-demo");
    assert_eq!(
        changed.iter().filter(inside).count(),
        changed.len(),
        "{changed:?}"
    );
    // Each of them is named, and nothing of what was there is lost.
    for path in &changed {
        assert!(
            said.out.contains(&path.display().to_string()),
            "{}: {}",
            path.display(),
            said.out
        );
    }
    for (path, text) in &before {
        let text = String::from_utf8_lossy(text);
        let now = String::from_utf8_lossy(&after[path]).into_owned();
        let lines = text
            .lines()
            .filter(|line| !now.lines().any(|it| it == *line));
        assert_eq!(lines.count(), 0, "{}", path.display());
    }
    assert!(demo.run("list").out.contains("echo-server"));
    assert_eq!(
        demo.read("labs/10-demo/harness/lib.rs"),
        "pub mod echo_server;\npub mod program;\n"
    );
    // A second one finds its place beside the first.
    assert_eq!(demo.run("new-exercise demo date-server").code, Some(0));
    let readme = demo.read("labs/10-demo/README.md");
    let places = [
        "| [`echo-server`]",
        "| [`date-server`]",
        "## `echo-server`",
        "## `date-server`",
        "## To remember",
    ];
    let places: Vec<usize> = places.iter().map(|it| readme.find(it).unwrap()).collect();
    assert!(places.is_sorted(), "{readme}");
}

#[test]
fn a_write_that_fails_leaves_nothing_behind() {
    let demo = course();
    // The folder of the variants cannot be made: a file has its name.
    demo.write("solutions/10-demo/variants", "");
    let before = files(demo.path());
    let said = demo.run("new-exercise demo echo");
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.err.contains("variants/echo"), "{}", said.err);
    assert!(before == files(demo.path()));
    assert!(!demo.file("solutions/10-demo/src").exists());
}
