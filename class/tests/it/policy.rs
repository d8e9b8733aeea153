//! Deadlines and changed marks, from files to gradebook and feedback.

use std::path::Path;
use std::process::{Command, Stdio};

use super::demo::{Demo, RIGHT, WRONG};

/// Commits everything in a folder, at a time.
pub(crate) fn commit(folder: &Path, time: &str) {
    let script = "git init -q 2>/dev/null; git add -A && git -c user.name=x -c user.email=x@x.org commit -qm x";
    let status = Command::new("sh")
        .args(["-c", script])
        .current_dir(folder)
        .env("GIT_COMMITTER_DATE", time)
        .env("GIT_AUTHOR_DATE", time)
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn lateness_is_told_by_the_last_change_of_the_labs_answers() {
    let demo = Demo::new();
    demo.submit("ada", "one", RIGHT);
    demo.submit("ada", "two", RIGHT);
    commit(&demo.path("subs/ada"), "2026-10-03T11:00:00Z");
    // A later commit that touches no answer makes nobody late.
    demo.write("subs/ada/notes.txt", "x");
    commit(&demo.path("subs/ada"), "2026-11-20T12:00:00Z");
    demo.submit("kurt", "one", RIGHT);
    demo.write(
        "deadlines.toml",
        "percent_per_day = 25\nlast_day = 3\nfree_days = 1\n[due]\n10-demo = \"2026-10-01T12:00:00Z\"\n",
    );
    demo.grade(&["--deadlines", "../deadlines.toml"]).with(0);
    let lines: Vec<String> = demo
        .read("out/gradebook.csv")
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        lines,
        [
            "id,name,section,status,points,max_points,10-demo/one,10-demo/two,10-demo/late,10-demo/points",
            "ada,,,graded,6,8,4,4,2 (1 free),6",
            "kurt,,,graded,4,8,4,0,time unknown,4",
        ]
    );
    let feedback = demo.read("out/feedback/ada.md");
    assert!(
        feedback.contains("- 10-demo: days late: 2 (1 free); 6 of 8 points are left."),
        "{feedback}"
    );
    demo.write("times.csv", "id,submitted\nkurt,2026-10-05T12:00:00Z\n");
    demo.grade(&[
        "--deadlines",
        "../deadlines.toml",
        "--times",
        "../times.csv",
    ])
    .with(0);
    assert!(
        demo.read("out/gradebook.csv")
            .ends_with("kurt,,,graded,0,8,4,0,4 (too late),0\n")
    );
}

#[test]
fn a_changed_mark_outlives_a_regrade_and_lateness() {
    let demo = Demo::new();
    for student in ["ada", "kurt", "zoe"] {
        demo.submit(student, "one", WRONG);
        demo.submit(student, "two", RIGHT);
    }
    demo.write("subs/none/README", "");
    demo.write(
        "overrides.csv",
        "id,name,points,reason\nada,one,3,\"it was right, the task was not\"\nKURT,10-demo,8,sick\nnone,one,1,oral\n",
    );
    let more = ["--overrides", "../overrides.csv"];
    for regrade in [&[][..], &["--regrade", "all"]] {
        demo.grade(&[&more[..], regrade].concat()).with(0);
        assert_eq!(
            demo.read("out/gradebook.csv"),
            "id,name,section,status,points,max_points,10-demo/one,10-demo/two,changed\n\
             ada,,,graded,7,8,3,4,\"one: it was right, the task was not\"\n\
             kurt,,,graded,8,8,0,4,10-demo: sick\n\
             none,,,refused,1,8,1,0,one: oral\n\
             zoe,,,graded,4,8,0,4,\n"
        );
    }
    assert!(demo.read("out/canvas.csv").contains("kurt,,,,,8\n"));
    let feedback = demo.read("out/feedback/kurt.md");
    assert!(
        feedback.contains("10-demo: the mark was changed to 8: sick"),
        "{feedback}"
    );
    assert!(
        demo.read("out/feedback/none.md")
            .contains("changed to 1: oral")
    );
    // On top of that everything else is late; what a person has set is not made smaller.
    demo.write("times.csv", "id,submitted\nada,2026-10-02T12:00:00Z\n");
    demo.write(
        "d.toml",
        "percent_per_day = 50\nlast_day = 3\n[due]\n10-demo = \"2026-10-01T12:00:00Z\"\n",
    );
    let late = ["--times", "../times.csv", "--deadlines", "../d.toml"];
    demo.grade(&[&more[..], &late].concat()).with(0);
    assert!(
        demo.read("out/gradebook.csv")
            .contains("\nada,,,graded,5,8,3,4,1,5,")
    );
    demo.write("overrides.csv", "id,name,points,reason\nadam,one,3,x\n");
    let said = demo.grade(&more).with(2).err;
    assert!(said.contains("adam is no student of this class"), "{said}");
}
