//! Whose lines they are. Process 0 has the pid 2, its children have 3, 4, ...

use super::{checked_output, written};
use crate::check::evidence::authors::needs_data;
use crate::check::evidence::written::Written;

/// The lines are those of the processes that they name, or this one is not.
#[track_caller]
fn check(write: impl FnOnce(&mut Written), not_own: Option<&str>) {
    let record = written(write);
    let output = String::from_utf8(record.stdout.clone()).unwrap();
    let found = checked_output(&output, &record).found;
    let messages: Vec<&str> = found.iter().map(|it| it.finding.message.as_str()).collect();
    assert_eq!(
        messages.len(),
        usize::from(not_own.is_some()),
        "{messages:?}"
    );
    if let Some(line) = not_own {
        assert_eq!(found[0].finding.diagnosis, "faked-output");
        assert!(
            messages[0].ends_with(&format!("printed `{line}`")),
            "{messages:?}"
        );
        assert_eq!(found[0].finding.points_lost, 5);
    }
}

#[test]
fn a_line_in_its_own_name() {
    check(
        |run| {
            let child = run.fork(0);
            run.prints(0, "unmarked\n[pid 2] a\n");
            run.prints(child, "[pid 3] b\n[pid 3] talks of [pid 2]\n");
        },
        None,
    );
}

#[test]
fn a_parent_prints_in_the_name_of_its_child() {
    check(
        |run| {
            run.fork(0);
            run.prints(0, "[pid 2] a\n");
            run.prints(0, "[pid 3] b\n");
        },
        Some("[pid] b"),
    );
}

#[test]
fn a_process_that_there_is_not() {
    check(|run| run.prints(0, "[pid 77] a\n"), Some("[pid] a"));
}

#[test]
fn of_several_lines_always_the_same_is_named() {
    let lines = ["[pid 3] b\n", "[pid 4] a\n"];
    for [one, other] in [[0, 1], [1, 0]] {
        let write = |run: &mut Written| {
            run.fork(0);
            run.fork(0);
            run.prints(0, lines[one]);
            run.prints(0, lines[other]);
        };
        check(write, Some("[pid] a"));
    }
}

#[test]
fn lines_written_in_pieces_belong_to_who_began_them() {
    check(
        |run| {
            let child = run.fork(0);
            run.prints(child, "[pid 3] in ");
            run.prints(child, "pieces\n[pi");
            run.prints(child, "d 3] and again\n");
        },
        None,
    );
}

#[test]
fn who_prints_at_the_same_time_may_have_printed_either_line() {
    let children = |run: &mut Written| [run.fork(0), run.fork(0)];
    check(
        |run| {
            let [one, other] = children(run);
            run.print_at_once([(one, "[pid 4] a\n"), (other, "[pid 3] b\n")]);
        },
        None,
    );
    // But nobody else may.
    check(
        |run| {
            let [one, other] = children(run);
            run.print_at_once([(one, "[pid 2] a\n"), (other, "[pid 3] b\n")]);
        },
        Some("[pid] a"),
    );
}

#[test]
fn output_whose_writer_was_not_seen_is_looked_at_again_and_blamed_on_nobody() {
    let record = written(|run| {
        run.fork(0);
        run.prints(0, "[pid 3] a\n");
        run.record.stdout.extend(b"[pid 3] b\n");
    });
    assert!(needs_data(&record));
    assert_eq!(checked_output("[pid 1] a\n[pid 1] b\n", &record).found, []);
    let unmarked = written(|run| run.record.stdout.extend(b"b\n"));
    assert!(!needs_data(&unmarked));
}

#[test]
fn a_long_call_may_have_written_before_all_that_returned_while_it_lasted() {
    check(
        |run| {
            let [slow, one, other] = [run.fork(0), run.fork(0), run.fork(0)];
            let begun = run.now();
            run.prints(one, "[pid 3] a\n");
            run.prints(other, "[pid 4] b\n");
            run.prints_since(begun, slow, "[pid 5] c\n");
            run.record.stdout = b"[pid 5] c\n[pid 3] a\n[pid 4] b\n".to_vec();
        },
        None,
    );
}
