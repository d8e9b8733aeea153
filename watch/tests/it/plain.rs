//! Lines only: what was printed stays, and nothing in it is for the eye alone.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;

use super::terminal::{DEADLINE, Terminal, build_the_grader, copy, save, solution, watch};

const WAITS: &str = "waiting for a save";

#[test]
fn each_text_stands_below_the_one_before() {
    build_the_grader();
    let copy = copy();
    let mut command = watch(copy.path());
    command.args(["--plain", "--ascii"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut keys = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        while let Some(Ok(line)) = lines.next() {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    let mut all = String::new();
    let mut until_it_waits = || {
        let mut text = String::new();
        loop {
            let line = told
                .recv_timeout(DEADLINE)
                .unwrap_or_else(|error| panic!("{error}: {text}"));
            text.push_str(&(line.clone() + "\n"));
            if line.starts_with(WAITS) {
                all.push_str(&text);
                return text;
            }
        }
    };
    insta::assert_snapshot!("the-beginning", until_it_waits());
    save(
        copy.path(),
        &solution("mistakes/hello-pipe/child-not-reaped.rs"),
    );
    insta::assert_snapshot!("a-mistake", until_it_waits());
    keys.write_all(b"h\nh\n").unwrap();
    let first = until_it_waits();
    let second = until_it_waits();
    assert!(
        first.contains("Hint 1 of 3") && !first.contains("Hint 2"),
        "{first}"
    );
    assert!(second.contains("Hint 2 of 3"), "{second}");
    keys.write_all(b"c\n").unwrap();
    let said = told.recv_timeout(DEADLINE).unwrap();
    assert_eq!(said, "this copy of the course has no reference answers");
    keys.write_all(b"t\n").unwrap();
    let drawn = until_it_waits();
    assert!(drawn.contains("was never waited for"), "{drawn}");
    save(copy.path(), &solution("src/bin/hello-pipe.rs"));
    let passed = until_it_waits();
    assert!(passed.contains("passed: 7 of 7 points"), "{passed}");
    keys.write_all(b"q\n").unwrap();
    assert!(child.wait().unwrap().success());
    let bytes = all.bytes();
    let is_plain = |byte: &u8| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\n');
    assert!(bytes.clone().all(|byte| is_plain(&byte)), "{all:?}");
}

#[test]
fn it_ends_when_nobody_reads_any_more_and_goes_on_when_nobody_types() {
    build_the_grader();
    let copy = copy();
    let mut command = watch(copy.path());
    command.args(["--plain", "hello-pipe"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().starts_with(WAITS) {}
    drop(lines);
    save(copy.path(), &solution("src/bin/hello-pipe.rs"));
    assert!(child.wait().unwrap().success());
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(said, "");
}

#[test]
fn a_terminal_that_can_only_add_lines_gets_lines() {
    build_the_grader();
    let copy = copy();
    for (kind, is_drawn_on) in [("dumb", false), ("xterm-256color", true)] {
        let terminal = Terminal::start(watch(copy.path()).env("TERM", kind));
        terminal.shows(&[WAITS]);
        let parser = terminal.screen.0.lock().unwrap();
        assert_eq!(parser.screen().alternate_screen(), is_drawn_on, "{kind}");
    }
}
