//! What the recorder does to a run: each act at its point, and the same program without it.

use std::time::Duration;

use grader::record::{ANY_CALL, Record, What};
use grader::trace::interventions::{Act, Plan, Planned};

use super::processes::among_others;
use super::rows::Run;

const SIGTERM: i32 = 15;
const EINTR: i64 = 4;
const EAGAIN: i64 = 11;

fn record(what: &str, plan: Plan) -> Record {
    let _others = among_others();
    let mut run = Run::of("points", &[what]);
    run.request.data = true;
    run.request.plan = plan;
    run.record()
}

/// Runs the program without and with an intervention, and compares what it says.
#[track_caller]
fn check(what: &str, without: &str, at: (&str, &str, u32), act: Act, with: &str) {
    assert_eq!(said(&record(what, Plan::default())), without);
    let (process, call, nth) = at;
    let planned = Planned {
        process: process.parse().unwrap(),
        call: call.to_owned(),
        nth,
        in_turn: false,
        act,
    };
    let plan = Plan {
        interventions: vec![planned],
        ..Plan::default()
    };
    let record = record(what, plan);
    assert_eq!(said(&record), with, "{record:#?}");
    assert_eq!(interventions(&record), 1, "{record:#?}");
}

fn said(record: &Record) -> &str {
    std::str::from_utf8(&record.stdout).unwrap().trim_end()
}

fn interventions(record: &Record) -> usize {
    let events = record.events.iter();
    events
        .filter(|it| matches!(it.what, What::Intervention { .. }))
        .count()
}

#[test]
fn a_transfer_is_shortened() {
    let without = "written 5, read 5, errno Some(0)";
    check(
        "moves",
        without,
        ("main", "write", 1),
        Act::Short(2),
        "written 2, read 2, errno Some(0)",
    );
    check(
        "moves",
        without,
        ("main", "read", 1),
        Act::Short(3),
        "written 5, read 3, errno Some(0)",
    );
}

#[test]
fn a_call_fails() {
    let without = "written 5, read 5, errno Some(0)";
    check(
        "moves",
        without,
        ("main", "read", 1),
        Act::Return(-EINTR),
        "written 5, read -1, errno Some(4)",
    );
    check(
        "forks",
        "forked",
        ("main", "fork", 1),
        Act::Return(-EAGAIN),
        "refused",
    );
}

#[test]
fn a_process_is_killed_or_signaled_at_its_call() {
    check(
        "child",
        "abc, status 0",
        ("main/1", "write", 2),
        Act::Kill,
        "a, status 9",
    );
    check(
        "child",
        "abc, status 0",
        ("main/1", "write", 2),
        Act::Signal(SIGTERM),
        "ab, status 15",
    );
}

#[test]
fn a_process_stands_still_at_its_call_and_goes_on() {
    let time = Duration::from_millis(300);
    check(
        "child",
        "abc, status 0",
        ("main/*", "write", 1),
        Act::Hold(time),
        "abc, status 0",
    );
}

#[test]
fn sleeps_are_instant_where_that_is_wanted() {
    let plan = Plan {
        instant_sleeps: true,
        ..Plan::default()
    };
    let record = record("sleeps", plan);
    assert_eq!(said(&record), "at once");
    assert_eq!(interventions(&record), 1);
}

#[test]
fn timeouts_are_over_at_once_where_that_is_wanted_and_lose_nothing() {
    let plan = Plan {
        instant_timeouts: true,
        ..Plan::default()
    };
    let record = record("timeouts", plan);
    assert_eq!(
        said(&record),
        "at once, found [0, 0, 0, 1, 1, 1], cut true, time [22, 0] [20, 0]"
    );
    assert_eq!(interventions(&record), 7);
}

#[test]
fn each_process_is_killed_at_its_turn() {
    let planned = Planned {
        process: "main/*".parse().unwrap(),
        call: ANY_CALL.to_owned(),
        nth: 1,
        in_turn: true,
        act: Act::Kill,
    };
    let plan = Plan {
        interventions: vec![planned],
        ..Plan::default()
    };
    assert_eq!(
        said(&record("children", Plan::default())),
        "[abc] [abc] [abc] [abc]"
    );
    let record = record("children", plan);
    assert_eq!(said(&record), "[] [a] [ab] [abc]");
    assert_eq!(interventions(&record), 3);
}

#[test]
fn an_intervention_elsewhere_changes_nothing() {
    let planned = Planned {
        process: "main/2".parse().unwrap(),
        call: "write".to_owned(),
        nth: 1,
        in_turn: false,
        act: Act::Kill,
    };
    let plan = Plan {
        interventions: vec![planned],
        ..Plan::default()
    };
    let record = record("child", plan);
    assert_eq!(said(&record), "abc, status 0");
    assert_eq!(interventions(&record), 0);
}

/// The CPU time of the program, in microseconds, while its child stood still before its first write.
fn cpu_while_stopped(what: &str) -> u64 {
    let planned = Planned {
        process: "main/1".parse().unwrap(),
        call: "write".to_owned(),
        nth: 1,
        in_turn: false,
        act: Act::Hold(Duration::from_millis(500)),
    };
    let plan = Plan {
        interventions: vec![planned],
        ..Plan::default()
    };
    let record = record(what, plan);
    assert_eq!(said(&record), "done");
    let meanwhile = record.events.iter().find_map(|it| match &it.what {
        What::Intervention { meanwhile, .. } if it.until >= Some(it.at + 500_000) => {
            Some(meanwhile)
        }
        _ => None,
    });
    let used = meanwhile.unwrap().iter().find(|it| it.process == 0);
    used.unwrap().cpu
}

#[test]
fn who_spins_while_another_one_stands_still_is_told_from_who_sleeps() {
    let spins = cpu_while_stopped("spins");
    assert!(spins > 50_000, "{spins}");
    let sleeps = cpu_while_stopped("spins-then-sleeps");
    assert!(sleeps <= 50_000, "{sleeps}");
}
