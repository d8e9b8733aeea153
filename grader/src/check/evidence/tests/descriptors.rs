//! Descriptors: ends that are open, leaks, double closes.

use super::{check, passes};
use crate::check::evidence::written::Written;
use crate::record::ObjectKind;

#[test]
fn closed_before_its_own_use() {
    let evidence = "closed = { process = \"main\", end = \"write\", object = \"pipe\", before = \"its-own-use\" }";
    let reads = |close_first: bool| {
        move |run: &mut Written| {
            let pipe = run.pipe(0, [3, 4]);
            let child = run.fork(0);
            run.write(child, pipe, 5);
            if close_first {
                run.close(0, 4);
            }
            run.read(0, pipe, 5);
            run.close(0, 4);
        }
    };
    passes(evidence, reads(true));
    check(
        evidence,
        reads(false),
        "write-end-left-open",
        "the write end of pipe 1; [pid 1] still had it open (fd 4) when it read from it",
    );
}

#[test]
fn closed_before_it_waits() {
    let evidence = "closed = { process = \"main/2\", end = \"write\", object = \"pipe 1\", before = \"it-waits\" }";
    // The second worker inherits the write end of the first one's pipe.
    let sibling = |closes: bool, reads: bool| {
        move |run: &mut Written| {
            let first_tasks = run.pipe(0, [3, 4]);
            let first = run.fork(0);
            let second_tasks = run.pipe(0, [5, 6]);
            let second = run.fork(0);
            if closes {
                run.close(second, 4);
            }
            run.write(0, first_tasks, 8);
            run.write(0, second_tasks, 8);
            if reads {
                run.read(first, first_tasks, 8);
            }
            run.read(second, second_tasks, 8);
            run.close(second, 4);
            run.exit(second, 0);
        }
    };
    passes(evidence, sibling(true, true));
    // Where nobody uses the pipe, nobody is kept waiting.
    passes(evidence, sibling(false, false));
    check(
        evidence,
        sibling(false, true),
        "write-end-left-open",
        "[pid 3] still had it open (fd 4) when it waited for pipe 2",
    );
    let never = |run: &mut Written| {
        let pipe = run.pipe(0, [3, 4]);
        let first = run.fork(0);
        let second = run.fork(0);
        run.read(first, pipe, 0);
        run.exit(second, 0);
    };
    check(evidence, never, "write-end-left-open", "when it ended");
}

#[test]
fn closed_before_its_end() {
    let evidence = "closed = { process = \"main/1\", end = \"read\", object = \"pipe\", before = \"its-end\" }";
    let ends = |how: &'static str| {
        move |run: &mut Written| {
            let pipe = run.object(ObjectKind::Pipe, None);
            run.open(0, 3, pipe, if how == "exec" { "re" } else { "r" });
            let child = run.fork(0);
            match how {
                "close" => run.close(child, 3),
                // dup2 onto it.
                "replace" => run.open(child, 3, pipe, "w"),
                "exec" => run.exec(child, "cat"),
                _ => {}
            }
            run.exit(child, 0);
        }
    };
    check(
        evidence,
        ends("nothing"),
        "descriptor-leaked",
        "[pid 2] still had it open (fd 3) when it ended",
    );
    for how in ["close", "replace", "exec"] {
        passes(evidence, ends(how));
    }
}

#[test]
fn no_leak_at_exec() {
    let evidence = "no_leak_at_exec = {}";
    let execs = |how: &'static str| {
        move |run: &mut Written| {
            let pipe = run.pipe(0, [3, 4]);
            run.close(0, 3);
            let child = run.fork(0);
            match how {
                "close" => run.close(child, 4),
                "mark" => run.marks(child, 4, "FD_CLOEXEC"),
                "unmark" => {
                    run.marks(child, 4, "FD_CLOEXEC");
                    run.marks(child, 4, "no FD_CLOEXEC");
                }
                _ => {}
            }
            // What the program is to have.
            run.open(child, 1, pipe, "w");
            run.exec(child, "sort");
        }
    };
    check(
        evidence,
        execs("nothing"),
        "fd-leaked-at-exec",
        "fd 4 (pipe 1) of [pid 2] was",
    );
    check(evidence, execs("unmark"), "fd-leaked-at-exec", "fd 4");
    passes(evidence, execs("close"));
    passes(evidence, execs("mark"));
    passes("no_leak_at_exec = { allowed = [4] }", execs("nothing"));
    passes("no_leak_at_exec = { by = \"main\" }", execs("nothing"));
}

#[test]
fn none_left_open() {
    let evidence = "none_left_open = {}";
    let ends = |closes: bool, signal: bool| {
        move |run: &mut Written| {
            let pipe = run.pipe(0, [3, 4]);
            run.open(0, 2, pipe, "w");
            run.close(0, 3);
            if closes {
                run.close(0, 4);
            }
            if signal {
                run.dies(0, 9)
            } else {
                run.exit(0, 0)
            }
        }
    };
    check(
        evidence,
        ends(false, false),
        "descriptor-leaked",
        "[pid 1] ended with fd 4 (pipe 1) open",
    );
    passes(evidence, ends(true, false));
    passes(evidence, ends(false, true));
    passes("none_left_open = { object = \"fifo\" }", ends(false, false));
}

#[test]
fn none_closed_twice() {
    let evidence = "none_closed_twice = {}";
    check(
        evidence,
        |run| run.fails(0, "close", "EBADF"),
        "descriptor-closed-twice",
        "[pid 1] closed",
    );
    passes(evidence, |run| run.fails(0, "close", "EIO"));
    passes("none_closed_twice = { process = \"main/1\" }", |run| {
        run.fails(0, "close", "EBADF")
    });
}
