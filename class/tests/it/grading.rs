//! What a class run makes of submissions of every form.

use std::fs;
use std::process::Command;

use super::demo::{BROKEN, Demo, RIGHT, STUB, WRONG, zip};
use super::policy::commit;

const ONE: &str = "labs/10-demo/src/bin/one.rs";
const TWO: &str = "labs/10-demo/src/bin/two.rs";

fn git(folder: &std::path::Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args([
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@x.org",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_COMMITTER_DATE", "@1780000000 +0000")
        .env("GIT_AUTHOR_DATE", "@1780000000 +0000")
        .stdout(std::process::Stdio::null())
        .status();
    assert!(status.unwrap().success(), "{arguments:?}");
}

#[test]
fn submissions_of_every_form_are_graded() {
    let demo = Demo::new();
    demo.submit("folder", "one", RIGHT);
    demo.write(&format!("subs/inner/forklings-main/{ONE}"), WRONG);
    demo.write(&format!("subs/inner/forklings-main/{TWO}"), RIGHT);
    demo.write("subs/loose/one.rs", RIGHT);
    demo.write("subs/loose/deep/one.rs", WRONG);
    zip(
        &demo.path("subs/zip.zip"),
        &[(&format!("x/{ONE}"), RIGHT), (&format!("x/{TWO}"), BROKEN)],
    );
    demo.submit("clone", "one", RIGHT);
    git(&demo.path("subs/clone"), &["init", "-q"]);
    git(&demo.path("subs/clone"), &["add", "."]);
    git(&demo.path("subs/clone"), &["commit", "-qm", "x"]);
    git(
        &demo.path("subs"),
        &["clone", "-q", "--bare", "clone", "bare.git"],
    );
    demo.submit("stubs", "one", STUB);
    fs::create_dir(demo.path("subs/in-folder")).unwrap();
    zip(&demo.path("subs/in-folder/a.zip"), &[(ONE, RIGHT)]);
    let ended = demo.grade(&[]).with(0);
    assert_eq!(
        demo.gradebook(),
        [
            "bare graded: 4 = 4 + 0",
            "clone graded: 4 = 4 + 0",
            "folder graded: 4 = 4 + 0",
            "in-folder graded: 4 = 4 + 0",
            "inner graded: 4 = 0 + 4",
            "loose graded: 4 = 4 + 0",
            "stubs graded: 0 = 0 + 0",
            "zip graded: 4 = 4 + 0",
        ]
    );
    assert_eq!(
        ended.out,
        "8 students: 8 graded, 0 missing, 0 refused, 0 not graded\n"
    );
    let table = demo.read("out/classroom.csv");
    assert!(
        table.contains(",bare.git,,2026-05-28T20:26:40Z,4,8\n"),
        "{table}"
    );
    assert!(
        table.contains(",clone,,2026-05-28T20:26:40Z,4,8\n"),
        "{table}"
    );
    let feedback = demo.read("out/feedback/zip.md");
    for words in [
        "# zip\n",
        "## 4 of 8 points",
        "cannot find function `printline`",
        "cargo grade hint two",
    ] {
        assert!(feedback.contains(words), "no {words:?} in {feedback}");
    }
}

#[test]
fn what_cannot_be_taken_is_refused_and_stops_nobody() {
    let demo = Demo::new();
    demo.submit("ada", "one", RIGHT);
    for (name, path) in [("out-of-it", "../one.rs"), ("nothing", "README.md")] {
        zip(&demo.path(&format!("subs/{name}.zip")), &[(path, RIGHT)]);
    }
    fs::write(demo.path("subs/text.zip"), "hello").unwrap();
    zip(
        &demo.path("subs/twice.zip"),
        &[(&format!("a/{ONE}"), RIGHT), (&format!("b/{ONE}"), RIGHT)],
    );
    demo.write(&format!("subs/both/{ONE}"), RIGHT);
    zip(&demo.path("subs/both.zip"), &[(ONE, RIGHT)]);
    std::os::unix::fs::symlink(
        "/etc/passwd",
        demo.path("subs/ada/labs/10-demo/src/bin/two.rs"),
    )
    .unwrap();
    let said = demo.grade(&[]).with(0).out;
    for words in [
        "refused: out-of-it: the archive has a path that leads out of it",
        "refused: nothing: there is no file of an exercise",
        "refused: text: the file is no zip or tar archive",
        "refused: twice: there are several copies of the course: a/ and b/",
        "refused: both: there are several submissions: both, both.zip",
        "6 students: 1 graded, 0 missing, 5 refused, 0 not graded",
    ] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    assert_eq!(demo.gradebook()[0], "ada graded: 4 = 4 + 0");
    assert!(
        demo.read("out/feedback/ada.md")
            .contains("leads out of the submission")
    );
    assert!(
        demo.read("out/feedback/text.md")
            .contains("> the file is no zip or tar archive")
    );
}

#[test]
fn the_roster_says_who_is_missing_and_who_is_a_stranger() {
    let demo = Demo::new();
    demo.write(
        "roster.csv",
        "email;name;login\na@x.org;Ada;ada\nk@x.org;Kurt;kurt\nt@x.org;Alan;at\n",
    );
    demo.submit("lab-ada", "one", RIGHT);
    demo.submit("alan", "two", RIGHT);
    demo.submit("stranger", "two", RIGHT);
    let said = demo.grade(&["--roster", "../roster.csv"]).with(0).out;
    assert!(said.contains("not in the roster: stranger"), "{said}");
    assert_eq!(
        demo.gradebook(),
        [
            "ada graded: 4 = 4 + 0",
            "kurt missing: 0 = 0 + 0",
            "at graded: 4 = 0 + 4",
            "stranger graded: 4 = 0 + 4",
        ]
    );
    assert!(
        demo.read("out/feedback/kurt.md")
            .contains("Nothing was handed in.")
    );
    assert!(!demo.read("out/moodle.csv").contains("stranger"));
}

#[test]
fn the_same_submissions_give_the_same_bytes_and_nothing_is_run_again() {
    let demo = Demo::new();
    for (student, text) in [("ada", RIGHT), ("kurt", WRONG), ("zoe", BROKEN)] {
        demo.submit(student, "one", text);
    }
    demo.grade(&["--jobs", "3"]).with(0);
    let first = demo.outputs();
    // Whoever had to be graded again would need a worker, and that a folder to build in.
    fs::remove_dir_all(demo.path("course/target/forklings/class")).unwrap();
    demo.grade(&[]).with(0);
    assert!(
        !demo
            .path("course/target/forklings/class/0/forklings")
            .exists()
    );
    assert_eq!(demo.outputs(), first);
    fs::remove_dir_all(demo.path("out")).unwrap();
    fs::remove_dir_all(demo.path("course/target")).unwrap();
    demo.grade(&["--jobs", "1"]).with(0);
    assert_eq!(demo.outputs(), first);
}

#[test]
fn what_is_to_be_graded_again_is_and_nothing_else() {
    let demo = Demo::new();
    for student in ["ada", "kurt"] {
        demo.submit(student, "one", RIGHT);
        demo.submit(student, "two", WRONG);
    }
    demo.grade(&[]).with(0);
    // Results that say something else show who was graded again.
    let spoil = || {
        for student in ["ada", "kurt"] {
            let file = format!("out/results/{student}.json");
            let text = demo.read(&file).replace(
                "\"points\": 4,\n        \"max_points\": 4",
                "\"points\": 3,\n        \"max_points\": 4",
            );
            demo.write(&file, &text);
        }
    };
    let points = || -> Vec<String> { demo.gradebook() };
    spoil();
    demo.grade(&[]).with(0);
    assert_eq!(
        points(),
        ["ada graded: 3 = 3 + 0", "kurt graded: 3 = 3 + 0"]
    );
    demo.grade(&["--regrade", "two"]).with(0);
    assert_eq!(
        points(),
        ["ada graded: 3 = 3 + 0", "kurt graded: 3 = 3 + 0"]
    );
    demo.grade(&["--regrade", "ada"]).with(0);
    assert_eq!(
        points(),
        ["ada graded: 4 = 4 + 0", "kurt graded: 3 = 3 + 0"]
    );
    spoil();
    demo.grade(&["--regrade", "one"]).with(0);
    assert_eq!(
        points(),
        ["ada graded: 4 = 4 + 0", "kurt graded: 4 = 4 + 0"]
    );
    spoil();
    demo.grade(&["--regrade", "all"]).with(0);
    assert_eq!(
        points(),
        ["ada graded: 4 = 4 + 0", "kurt graded: 4 = 4 + 0"]
    );
    // A new text is graded without being asked for.
    demo.submit("kurt", "two", RIGHT);
    demo.grade(&[]).with(0);
    assert_eq!(
        points(),
        ["ada graded: 4 = 4 + 0", "kurt graded: 8 = 4 + 4"]
    );
    let said = demo.grade(&["--regrade", "adam"]).with(2).err;
    assert!(said.contains("`adam` is no student"), "{said}");
}

#[test]
fn a_wrong_command_line_is_said() {
    let demo = Demo::new();
    assert!(
        demo.grade(&["nonsense"])
            .with(2)
            .err
            .contains("no lab or exercise is called `nonsense`")
    );
    assert!(
        demo.grade(&["--shard", "2/2"])
            .with(2)
            .err
            .contains("from 0 to N-1")
    );
    assert!(
        demo.grade(&["--roster", "../none.csv"])
            .with(2)
            .err
            .contains("read the roster")
    );
    fs::remove_dir(demo.path("subs")).unwrap();
    assert!(
        demo.grade(&[])
            .with(2)
            .err
            .contains("failed to read ../subs")
    );
}

#[test]
fn a_workflow_that_is_not_the_courses_is_reported_and_costs_nothing() {
    const WORKFLOW: &str = ".github/workflows/autograding.yml";
    let demo = Demo::new();
    demo.write(&format!("course/docs/student/{WORKFLOW}"), "on: push\n");
    for student in ["same", "changed", "removed", "part"] {
        demo.submit(student, "one", RIGHT);
    }
    demo.write(&format!("subs/same/{WORKFLOW}"), "on: push\n");
    demo.write(&format!("subs/changed/{WORKFLOW}"), "on: never\n");
    for student in ["same", "changed", "removed"] {
        commit(
            &demo.path(&format!("subs/{student}")),
            "2026-10-03T11:00:00Z",
        );
    }
    git(
        &demo.path("subs"),
        &["clone", "-q", "--bare", "changed", "bare.git"],
    );
    zip(
        &demo.path("subs/zip.zip"),
        &[
            (&format!("x/{ONE}"), RIGHT),
            (&format!("x/{WORKFLOW}"), "on: never\n"),
        ],
    );
    let said = demo.grade(&[]).with(0).out;
    let told: Vec<&str> = said
        .lines()
        .filter(|it| it.starts_with("workflow: "))
        .collect();
    assert_eq!(
        told,
        [
            "workflow: bare: .github/workflows/autograding.yml differs from the course's",
            "workflow: changed: .github/workflows/autograding.yml differs from the course's",
            "workflow: removed: .github/workflows/autograding.yml is not there",
            "workflow: zip: .github/workflows/autograding.yml differs from the course's",
        ]
    );
    assert_eq!(demo.gradebook().len(), 6);
    for line in demo.gradebook() {
        assert!(line.ends_with(" graded: 4 = 4 + 0"), "{line}");
    }
    let page = demo.read("out/class.html");
    let (_, section) = page.split_once("<section id=\"workflows\">").unwrap();
    assert!(
        section.contains("<li>removed: ") && !section.contains("<li>same"),
        "{page}"
    );
}

#[test]
fn who_has_only_stubs_needs_neither_build_nor_run() {
    let demo = Demo::new();
    let students = std::env::var("STUBS").map_or(60, |it| it.parse().unwrap());
    for number in 0..students {
        for exercise in ["one", "two"] {
            demo.submit(&format!("s{number}"), exercise, STUB);
        }
    }
    // Whoever had to be built would get no result.
    let mut command = demo.command(&[]);
    let output = command.env("CARGO", "/nonexistent/cargo").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let expected =
        format!("{students} students: {students} graded, 0 missing, 0 refused, 0 not graded\n");
    assert_eq!(said, expected);
    // No worker has had anything to do.
    assert!(
        !demo
            .path("course/target/forklings/class/0/forklings")
            .exists()
    );
}
