//! What evidence costs, where it is not observed, and what else holds for all of it.

use super::{check, checked, workers, written};
use crate::check::evidence::calls;
use crate::check::evidence::written::Written;
use crate::check::{Points, Rank};
use crate::course::evidence::is_call;
use crate::record::{Ending, What};
use crate::trace::calls::{Data, traced};

#[test]
fn without_a_trace_evidence_decides_nothing() {
    let evidence = "forked = { count = 2 }";
    let mut record = written(|_| {});
    record.traced = false;
    let unseen = checked(evidence, 0, &record);
    assert_eq!(unseen.found, []);
    assert_eq!(unseen.points(5), Points { earned: 2, max: 2 });
    // A case that fails anyway is lost whole, as it would be elsewhere.
    record.stdout = b"other\n".to_vec();
    let wrong = checked(evidence, 0, &record);
    assert_eq!(wrong.not_observed, None);
    assert_eq!(wrong.points(5), Points { earned: 0, max: 5 });
}

#[test]
fn a_record_that_was_cut_costs_the_evidence() {
    let mut record = written(|run| workers(run, 2));
    record.events_cut = true;
    let cut = checked("forked = { count = 2 }", 0, &record);
    assert_eq!(cut.found[0].finding.diagnosis, "too-many-events");
    assert_eq!(cut.points(5), Points { earned: 2, max: 5 });
}

#[test]
fn evidence_costs_its_half_and_faked_output_everything() {
    let seen = |evidence: &str| checked(evidence, 0, &written(|run| workers(run, 1)));
    let half = seen("forked = { count = 2 }");
    assert_eq!(half.points(5), Points { earned: 2, max: 5 });
    let all = seen("forked = { count = 2 }\ndiagnosis = \"faked-output\"");
    assert_eq!(all.points(5), Points { earned: 0, max: 5 });
    assert_eq!(
        seen("forked = { count = 1 }").points(5),
        Points { earned: 5, max: 5 }
    );
}

#[test]
fn wrong_output_is_not_faked() {
    let mut record = written(|_| {});
    record.stdout = b"other\n".to_vec();
    let found = checked("forked = { count = 2 }", 0, &record).found;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rank, Rank::Output);
}

#[test]
fn a_run_that_hangs_is_blamed_for_what_it_did_and_not_for_what_it_did_not() {
    let hung = |evidence: &str, write: fn(&mut Written)| {
        let mut record = written(write);
        record.ending = Ending::Hung;
        let found = checked(evidence, 0, &record).found;
        found
            .into_iter()
            .map(|it| it.finding.diagnosis)
            .collect::<Vec<_>>()
    };
    assert_eq!(hung("forked = { count = 2 }", |_| {}), ["hung"]);
    let twice = |run: &mut Written| run.fails(0, "close", "EBADF");
    // What the hang says already is not said twice.
    let named = "none_closed_twice = {}\ndiagnosis = \"hung\"";
    let twice_named = hung(named, |run| run.fails(0, "close", "EBADF"));
    assert_eq!(twice_named, ["hung"]);
    assert_eq!(
        hung("none_closed_twice = {}", twice),
        // What was done wrong says more than that everybody waits.
        ["descriptor-closed-twice", "hung"]
    );
}

#[test]
fn the_finding_that_says_more_stands_for_the_general_one() {
    let mut record = written(|run| {
        let child = run.fork(0);
        run.exit(child, 0);
    });
    record.unreaped.push(crate::record::Unreaped {
        pid: 3,
        still_running: false,
    });
    let found = checked("reaped = {}", 0, &record).found;
    assert_eq!(found.len(), 1);
    assert!(found[0].finding.message.contains("[pid 2]"));
}

#[test]
fn what_a_program_names_is_shown_and_not_interpreted() {
    check(
        "executed = { program = \"sort\", count = 1 }",
        |run| {
            let child = run.fork(0);
            run.exec(child, "\u{1b}[2J\n::error::x");
        },
        "wrong-program-executed",
        "executed `\\u{1b}[2J ::error::x`",
    );
}

#[test]
fn a_faulty_record_makes_nobody_panic() {
    let mut record = written(|run| {
        workers(run, 2);
        let pipe = run.pipe(0, [3, 4]);
        run.read(0, pipe, 5);
        run.map(0, pipe, 5);
        run.call_about(0, "rename", Some(99), Some(""), None);
    });
    record.processes.truncate(1);
    record.objects.clear();
    record.events[2].process = 77;
    for evidence in [
        "forked = { count = 0 }",
        "parallel = {}",
        "unreaped_at_once = { count = 0 }",
        "reaped = {}",
        "zombies = { count = 0 }",
        "closed = { process = \"**\", end = \"write\", object = \"any\", before = \"it-waits\" }",
        "no_leak_at_exec = {}",
        "none_left_open = { process = \"**\" }",
        "transferred = { from = \"**\", to = \"**\", through = \"any\" }",
        "mapped = { by = [\"**\"] }",
        "aimed = { by_number = false }",
        "grace = { to = \"**\", ms = 1 }",
        "synced = {}",
    ] {
        let _ = checked(evidence, 0, &record);
    }
}

#[test]
fn every_traced_call_has_a_name_in_the_descriptions() {
    for (_, call) in traced(Data::Traced) {
        let what = What::Call {
            call: call.to_owned().into(),
            descriptor: None,
            object: None,
            detail: None,
            error: None,
        };
        let name = calls::name(&what).unwrap();
        // The kernel makes it to go on with another call after a stop; no program does.
        assert!(is_call(name) || name == "restart_syscall", "{name}");
    }
}
