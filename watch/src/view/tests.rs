//! Screens as people see them.

use std::path::Path;

use grader::verdict::{Finding, Verdict};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;

const STYLE: Style = Style {
    width: 80,
    colors: false,
    unicode: true,
};

fn course() -> Course {
    Course::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap()
}

fn screen(state: &State, style: Style, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let course = course();
    terminal
        .draw(|frame| draw(frame, state, &course, style))
        .unwrap();
    let buffer = terminal.backend().buffer();
    let row = |y| {
        (0..width)
            .map(move |x| buffer[(x, y)].symbol())
            .collect::<String>()
    };
    let rows = (0..height).map(row);
    rows.map(|row| row.trim_end().to_owned() + "\n").collect()
}

fn hello_pipe(status: Status) -> State {
    let (mut state, _) = State::new(&course(), Some("hello-pipe"));
    state.at_work = None;
    let row = &mut state.exercises[state.current];
    let finding = Finding {
        case: "greeting".to_owned(),
        diagnosis: "write-end-left-open".to_owned(),
        message: "the program hangs".to_owned(),
        place: String::new(),
        points_lost: 4,
        difference: None,
    };
    row.verdict = Some(Verdict {
        lab: row.lab.clone(),
        exercise: row.name.clone(),
        file: None,
        status,
        points: 0,
        max_points: row.worth,
        cases: Vec::new(),
        findings: match status {
            Status::Failed => vec![finding],
            _ => Vec::new(),
        },
        compiler: None,
        points_elsewhere: 0,
    });
    state
}

#[track_caller]
fn check(screen: &str, texts: &[&str]) {
    for text in texts {
        assert!(screen.contains(text), "no {text:?} in\n{screen}");
    }
}

#[test]
fn eighty_columns_hold_list_and_verdict() {
    let screen = screen(&hello_pipe(Status::Failed), STYLE, 80, 24);
    check(
        &screen,
        &[
            "Forklings  0 of ",
            "02-pipes",
            ">✗ hello-pipe             │",
            "hello-pipe  failed: 0 of 10 points",
            "costs 4 points)",
            "below: Down, PgDn)",
            "waiting for a save",
            "? keys  q quit",
        ],
    );
}

#[test]
fn a_narrow_terminal_shows_the_verdict_alone() {
    let screen = screen(&hello_pipe(Status::Failed), STYLE, 60, 20);
    check(&screen, &["hello-pipe  failed", "q quit"]);
    assert!(!screen.contains("02-pipes\n"), "{screen}");
}

#[test]
fn ascii_is_enough() {
    let ascii = Style {
        unicode: false,
        ..STYLE
    };
    for pane in [Pane::Verdict, Pane::Hints, Pane::Explanation, Pane::Help] {
        let mut state = hello_pipe(Status::Failed);
        state.pane = pane;
        let screen = screen(&state, ascii, 80, 24);
        assert!(screen.is_ascii(), "{screen}");
    }
}

#[test]
fn a_question_stands_where_the_eye_is() {
    let mut state = hello_pipe(Status::Failed);
    state.asks_to_reset = true;
    check(
        &screen(&state, STYLE, 80, 24),
        &["put the original of hello-pipe back? What you wrote is kept in backups/. [y/N]"],
    );
}

#[test]
fn what_went_wrong_has_the_room_that_it_needs() {
    let mut state = hello_pipe(Status::Failed);
    state.message = Some("error: failed to write\nhint: free some space".to_owned());
    check(
        &screen(&state, STYLE, 80, 24),
        &["error: failed", "hint: free some space"],
    );
    let path = "/home/student/forklings/target/forklings/course/labs/03-zombies-orphans";
    state.message = Some(format!("error: failed to write {path} (is the disk full?)"));
    check(
        &screen(&state, STYLE, 80, 24),
        &["error: failed to write", "(is the disk full?)"],
    );
    state.message = Some("one line".to_owned());
    check(
        &screen(&state, STYLE, 80, 24),
        &["hello-pipe  failed", "one line"],
    );
}

#[test]
fn nobody_scrolls_out_of_a_text() {
    let mut state = hello_pipe(Status::Failed);
    state.pane = Pane::Explanation;
    state.scroll = u16::MAX;
    check(&screen(&state, STYLE, 80, 24), &["pipe(7)"]);
    state.pane = Pane::Help;
    check(&screen(&state, STYLE, 80, 40), &["Keys", "quit"]);
}

#[test]
fn a_long_list_keeps_the_present_exercise_in_sight() {
    let course = course();
    let last = course.exercises().last().unwrap().name().to_owned();
    let (state, _) = State::new(&course, Some(&last));
    check(&screen(&state, STYLE, 80, 10), &[&format!(">  {last}")]);
}

#[test]
fn a_tiny_terminal_is_survived() {
    for (width, height) in [(1, 1), (10, 3), (79, 2)] {
        screen(&hello_pipe(Status::Failed), STYLE, width, height);
    }
}

#[test]
fn what_was_made_for_eighty_columns_has_them() {
    let mut state = hello_pipe(Status::DoesNotCompile);
    assert!(!screen(&state, STYLE, 80, 24).contains("02-pipes\n"));
    assert!(screen(&state, STYLE, 120, 24).contains("02-pipes"));
    state = hello_pipe(Status::Failed);
    state.pane = Pane::Timeline;
    state.timeline = Some("x".repeat(80));
    check(&screen(&state, STYLE, 80, 24), &[&"x".repeat(80)]);
    let draw = Work::Draw("hello-pipe".to_owned());
    assert_eq!((columns_for(&draw, 80), columns_for(&draw, 110)), (80, 82));
}

#[test]
fn the_keys_at_hand_are_those_of_use() {
    let mut state = hello_pipe(Status::Failed);
    check(&screen(&state, STYLE, 80, 24), &["e explain"]);
    state.pane = Pane::Explanation;
    check(&screen(&state, STYLE, 80, 24), &["v verdict", "q quit"]);
    state = hello_pipe(Status::Passed);
    check(
        &screen(&state, STYLE, 80, 24),
        &["c compare", "`c` shows the reference answer"],
    );
    state.has_solutions = false;
    let without = screen(&state, STYLE, 80, 24);
    assert!(
        !without.contains("compare") && !without.contains("reference answer"),
        "{without}"
    );
    check(&screen(&state, STYLE, 30, 24), &["? keys  q quit"]);
}

#[test]
fn who_is_done_is_told_how_to_go_on() {
    let screen = screen(&hello_pipe(Status::Passed), STYLE, 80, 24);
    check(&screen, &["Full points.", "n next exercise"]);
}
