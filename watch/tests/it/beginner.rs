//! A beginner's half hour in a terminal of 80 by 24: a student's copy of a lab, its first exercise, and the mistakes on the way.
//!
//! The program runs in a real pseudoterminal; what a person would see of it is compared. Saves are made as editors make them.

use std::thread;
use std::time::Instant;

use super::terminal::{DEADLINE, Terminal, build_the_grader, copy, save, solution, watch};

/// A screen without what differs from run to run: times, and what is drawn to their scale.
fn still(screen: &str) -> String {
    let lines = screen.lines().map(|line| {
        let is_drawn = line.contains('╷') || line.contains('━');
        match line.split_once("processes, ") {
            _ if is_drawn => "(drawn)".to_owned(),
            Some((before, _)) => format!("{before}processes, (time)"),
            None => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_beginner_solves_the_first_exercise_of_a_lab() {
    build_the_grader();
    let copy = copy();
    let mut terminal = Terminal::start(&mut watch(copy.path()));
    let waits = "waiting for a save";
    insta::assert_snapshot!(
        "at-the-beginning",
        terminal.shows(&[waits, "not attempted: 0 of"])
    );

    save(
        copy.path(),
        &solution("src/bin/hello-pipe.rs").replacen("{\n", "{\n    let _ = ;\n", 1),
    );
    insta::assert_snapshot!(
        "does-not-compile",
        terminal.shows(&[waits, "does not compile"])
    );

    save(
        copy.path(),
        &solution("mistakes/hello-pipe/write-end-left-open.rs"),
    );
    insta::assert_snapshot!(
        "write-end-left-open",
        terminal.shows(&[waits, "write-end-left-open"])
    );
    terminal.press("t");
    insta::assert_snapshot!(
        "timeline",
        still(&terminal.shows(&[waits, "forked by [pid 1]"]))
    );
    terminal.press("h");
    terminal.press("h");
    insta::assert_snapshot!("hints", terminal.shows(&[waits, "Hint 2 of 3"]));

    save(
        copy.path(),
        &solution("mistakes/hello-pipe/child-not-reaped.rs"),
    );
    terminal.press("v");
    insta::assert_snapshot!(
        "child-not-reaped",
        terminal.shows(&[waits, "child-not-reaped"])
    );

    save(copy.path(), &solution("src/bin/hello-pipe.rs"));
    insta::assert_snapshot!("full-points", terminal.shows(&[waits, "Full points."]));
    terminal.press("n");
    insta::assert_snapshot!(
        "the-next-exercise",
        terminal.shows(&[waits, "factorial-pipeline  not"])
    );

    terminal.press("q");
    let status = terminal.child.wait().unwrap();
    assert!(status.success(), "{status}");
    let (screen, _) = &*terminal.screen;
    let begun = Instant::now();
    while screen.lock().unwrap().screen().alternate_screen() {
        assert!(
            begun.elapsed() < DEADLINE,
            "the terminal was not given back"
        );
        thread::yield_now();
    }
    assert!(!screen.lock().unwrap().screen().hide_cursor());
}
