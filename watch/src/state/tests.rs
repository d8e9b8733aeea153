//! What each event makes of the state.

use std::path::Path;

use grader::course::Course;
use grader::verdict::{REPORT_SCHEMA, Report, Status, Verdict};

use super::*;

const STATUSES: [Status; 3] = [Status::Passed, Status::Failed, Status::NotAttempted];

fn course() -> Course {
    Course::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap()
}

/// Verdicts on the first three exercises.
fn report(state: &State) -> Outcome {
    let rows = state.exercises.iter().zip(STATUSES);
    let exercises = rows.map(|(row, status)| Verdict {
        lab: row.lab.clone(),
        exercise: row.name.clone(),
        file: None,
        status,
        points: u32::from(status == Status::Passed) * row.worth,
        max_points: row.worth,
        cases: Vec::new(),
        findings: Vec::new(),
        compiler: None,
        points_elsewhere: 0,
    });
    Outcome::Graded(Box::new(Report {
        schema: REPORT_SCHEMA.to_owned(),
        points: 0,
        max_points: 0,
        layers: Vec::new(),
        exercises: exercises.collect(),
        notes: Vec::new(),
    }))
}

/// A state that knows the first three exercises, and shows the first.
fn graded() -> State {
    let (mut state, effect) = State::new(&course(), None);
    let Effect::Start { job, .. } = effect else {
        panic!("{effect:?}");
    };
    let outcome = report(&state);
    assert_eq!(state.take(Event::Done { job, outcome }), None);
    state
}

fn key(state: &mut State, letter: char) -> Option<Effect> {
    state.take(Event::Key(Key::Letter(letter)))
}

/// The names that an effect grades.
#[track_caller]
fn grades(effect: Option<Effect>) -> (u64, Vec<String>) {
    match effect {
        Some(Effect::Start {
            job,
            work: Work::Grade(names),
        }) => (job, names),
        other => panic!("{other:?}"),
    }
}

#[test]
fn everything_is_graded_first_and_the_first_that_is_open_is_shown() {
    let (state, effect) = State::new(&course(), None);
    assert_eq!(grades(Some(effect)).1.len(), state.exercises.len());
    let mut state = graded();
    state.choose_first();
    assert_eq!(state.current, 1);
    let worth = state.exercises[0].worth;
    assert_eq!(state.points().0, worth);
}

#[test]
fn an_exercise_that_was_asked_for_is_shown() {
    let (state, _) = State::new(&course(), Some("hello-pipe"));
    assert_eq!(state.shown().name, "hello-pipe");
}

#[test]
fn a_save_is_graded_and_shown() {
    let mut state = graded();
    state.pane = Pane::Hints;
    let (_, names) = grades(state.take(Event::Saved(vec!["hello-pipe".to_owned()])));
    assert_eq!(names, ["hello-pipe"]);
    assert_eq!(state.shown().name, "hello-pipe");
    assert_eq!(state.pane, Pane::Verdict);
}

#[test]
fn a_save_of_the_shown_exercise_leaves_its_hints_where_they_are() {
    let mut state = graded();
    let name = state.shown().name.clone();
    key(&mut state, 'h');
    key(&mut state, 'h');
    state.take(Event::Saved(vec![name]));
    assert_eq!((state.pane, state.hints), (Pane::Hints, 2));
}

#[test]
fn what_a_newer_save_has_overtaken_is_not_believed() {
    let mut state = graded();
    let name = state.shown().name.clone();
    let (stale, _) = grades(state.take(Event::Saved(vec![name.clone()])));
    let (job, _) = grades(state.take(Event::Saved(vec![name])));
    let failed = Outcome::Failed("interrupted".to_owned());
    let event = Event::Done {
        job: stale,
        outcome: failed,
    };
    assert_eq!(state.take(event), None);
    assert_eq!((&state.message, state.at_work.is_some()), (&None, true));
    let outcome = report(&state);
    state.take(Event::Done { job, outcome });
    assert_eq!(state.at_work, None);
}

#[test]
fn a_save_in_the_middle_of_the_first_grading_forgets_nothing() {
    let (mut state, _) = State::new(&course(), None);
    let (_, names) = grades(state.take(Event::Saved(vec!["hello-pipe".to_owned()])));
    assert_eq!(names.len(), state.exercises.len());
}

#[test]
fn a_done_exercise_stays_until_somebody_goes_on() {
    let mut state = graded();
    assert!(state.shown().is_done());
    state.take(Event::Resized);
    assert_eq!(state.current, 0);
    key(&mut state, 'n');
    assert_eq!(state.current, 1);
    key(&mut state, 'p');
    key(&mut state, 'p');
    assert_eq!(state.current, 0);
}

#[test]
fn a_picture_is_drawn_once_for_each_answer() {
    let mut state = graded();
    let Some(Effect::Start { job, work }) = key(&mut state, 't') else {
        panic!("nothing is drawn");
    };
    assert_eq!(work, Work::Draw(state.shown().name.clone()));
    let outcome = Outcome::Said("lanes".to_owned());
    state.take(Event::Done { job, outcome });
    assert_eq!(state.timeline.as_deref(), Some("lanes"));
    key(&mut state, 'v');
    assert_eq!(key(&mut state, 't'), None);
    let name = state.shown().name.clone();
    state.take(Event::Saved(vec![name]));
    assert_eq!(state.timeline, None);
}

#[test]
fn the_reference_answer_is_for_those_who_have_an_answer() {
    let mut state = graded();
    state.has_solutions = true;
    let Some(Effect::Start { job, work }) = key(&mut state, 'c') else {
        panic!("nothing is compared");
    };
    assert_eq!(work, Work::Compare(state.shown().name.clone()));
    let outcome = Outcome::Said("numbers".to_owned());
    state.take(Event::Done { job, outcome });
    assert_eq!(
        (state.pane, state.comparison.as_deref()),
        (Pane::Comparison, Some("numbers"))
    );
    // Not yet failed ones, and not where there is none.
    key(&mut state, 'n');
    assert_eq!((key(&mut state, 'c'), state.pane), (None, Pane::Verdict));
    assert!(
        state
            .message
            .as_deref()
            .unwrap()
            .contains("after full points")
    );
    key(&mut state, 'p');
    assert_eq!(state.message, None);
    state.has_solutions = false;
    assert_eq!(key(&mut state, 'c'), None);
    assert!(
        state
            .message
            .as_deref()
            .unwrap()
            .contains("no reference answers")
    );
}

#[test]
fn only_a_yes_resets() {
    let mut state = graded();
    for letter in ['n', 'q', '\n'] {
        key(&mut state, 'R');
        assert!(state.asks_to_reset);
        assert_eq!(key(&mut state, letter), None);
        assert!(!state.asks_to_reset);
    }
    key(&mut state, 'R');
    let Some(Effect::Start { work, .. }) = key(&mut state, 'y') else {
        panic!("nothing is reset");
    };
    assert_eq!(work, Work::Reset(state.shown().name.clone()));
}

#[test]
fn what_went_wrong_is_said_and_the_next_save_is_graded_all_the_same() {
    let mut state = graded();
    let name = state.shown().name.clone();
    let (job, _) = grades(key(&mut state, 'r'));
    let outcome = Outcome::Failed("error: the disk is full".to_owned());
    state.take(Event::Done { job, outcome });
    assert_eq!(state.message.as_deref(), Some("error: the disk is full"));
    grades(state.take(Event::Saved(vec![name])));
    assert_eq!(state.message, None);
}

#[test]
fn it_ends_by_a_key_and_by_a_signal() {
    let mut state = graded();
    assert_eq!(key(&mut state, 'q'), Some(Effect::Quit));
    assert_eq!(state.take(Event::End), Some(Effect::Quit));
}
