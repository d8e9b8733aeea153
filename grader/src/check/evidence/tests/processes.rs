//! Processes: made, side by side, waited for, named, ended.

use super::{check, forks, passes, workers};
use crate::check::evidence::written::Written;

#[test]
fn computed() {
    let children_use = |times: [u64; 2]| {
        move |run: &mut Written| {
            for ms in times {
                let child = run.fork(0);
                run.uses_cpu_ms(child, ms);
                run.exit(child, 0);
                run.reap(0, child);
            }
        }
    };
    let evidence = "computed = { process = \"main/*\", cpu_ms = \"30..=60\" }";
    passes(evidence, children_use([10, 20]));
    check(
        evidence,
        children_use([10, 19]),
        "faked-output",
        "less was used",
    );
    check(
        evidence,
        children_use([31, 30]),
        "busy-wait",
        "more was used",
    );
    passes(evidence, |run| {
        // What the program itself uses does not count.
        run.uses_cpu_ms(0, 100);
        children_use([30, 30])(run);
    });
}

#[test]
fn forked() {
    passes("forked = { count = 2 }", |run| workers(run, 2));
    passes("forked = { count = \"args\" }", |run| workers(run, 4));
    check(
        "forked = { count = 2 }",
        |run| workers(run, 3),
        "wrong-number-of-processes",
        "expected 2 processes to be made by the program; there were 3",
    );
    check(
        "forked = { count = \"args\" }",
        |_| {},
        "faked-output",
        "there were 0",
    );
    check(
        "forked = { by = \"main/1\", count = 1 }",
        |run| workers(run, 2),
        "faked-output",
        "child 1 of the program",
    );
    check(
        "forked = { by = \"**\", count = \"..=2\" }\ndiagnosis = \"fork-storm\"",
        |run| {
            let child = run.fork(0);
            run.fork(child);
            workers(run, 1);
        },
        "fork-storm",
        "at most 2",
    );
}

#[test]
fn threads() {
    passes("threads = { count = 3 }", |run| run.makes_threads(0, 3));
    passes("threads = { count = 0 }", |run| workers(run, 2));
    passes(
        "threads = { process = \"main/1\", count = \"args\" }",
        |run| {
            let child = run.fork(0);
            run.makes_threads(child, 4);
        },
    );
    check(
        "threads = { count = \"2..\" }",
        |run| run.makes_threads(0, 1),
        "wrong-number-of-threads",
        "expected at least 2 threads to be made by the program; [pid 1] made 1",
    );
    check(
        "threads = { count = 0 }",
        |run| run.makes_threads(0, 1),
        "wrong-number-of-threads",
        "expected no thread to be made by the program; [pid 1] made 1",
    );
    // Processes are no threads, and those of another process are not its own.
    check(
        "threads = { count = 2 }",
        |run| {
            workers(run, 2);
            let child = run.fork(0);
            run.makes_threads(child, 2);
        },
        "faked-output",
        "[pid 1] made 0",
    );
    check(
        "threads = { process = \"main/*\", count = 2 }",
        |_| {},
        "faked-output",
        "there was no such process",
    );
}

#[test]
fn parallel() {
    let evidence = "parallel = {}";
    passes(evidence, |run| workers(run, 4));
    check(
        evidence,
        |run| {
            workers(run, 1);
            workers(run, 1);
        },
        "not-parallel",
        "[pid 1] waited for [pid 2] before it forked [pid 3]",
    );
    let reads_between = |run: &mut Written, writer: usize| {
        let pipe = run.pipe(0, [3, 4]);
        run.write(0, pipe, 2);
        let child = run.fork(0);
        if writer == 1 {
            run.read(0, pipe, 2);
            run.write(child, pipe, 7);
        }
        run.read(0, pipe, 2);
        run.fork(0);
    };
    let reads = "parallel = { reads = true }";
    check(
        reads,
        |run| reads_between(run, 1),
        "not-parallel",
        "read what [pid 2] had written to pipe 1",
    );
    passes(reads, |run| reads_between(run, 0));
    passes(evidence, |run| reads_between(run, 1));
    check(
        evidence,
        |run| {
            run.fork(0);
            run.fails(0, "pause", "EINTR");
            run.fork(0);
        },
        "not-parallel",
        "waited for a signal in `pause`",
    );
    // A sleep waits for nobody, and a child may wait for its own children.
    passes(evidence, |run| {
        let child = run.fork(0);
        run.call(0, "nanosleep");
        let below = run.fork(child);
        run.reap(child, below);
        run.fork(0);
    });
}

#[test]
fn unreaped_at_once() {
    passes("unreaped_at_once = { count = \"3..\" }", |run| {
        workers(run, 3)
    });
    let in_turn = |run: &mut Written| (0..3).for_each(|_| workers(run, 1));
    check(
        "unreaped_at_once = { count = \"2..\" }",
        in_turn,
        "not-parallel",
        "[pid 1] had 1",
    );
    passes("unreaped_at_once = { count = \"..=2\" }", in_turn);
    check(
        "unreaped_at_once = { count = \"..=2\" }",
        |run| workers(run, 3),
        "too-many-at-once",
        "[pid 1] had 3",
    );
    passes("unreaped_at_once = { count = 1 }", |run| {
        for _ in 0..2 {
            let child = run.fork(0);
            run.exit(child, 0);
            run.discarded(child);
        }
    });
}

#[test]
fn reaped() {
    passes("reaped = {}", |run| workers(run, 3));
    let forgotten = |run: &mut Written| {
        workers(run, 1);
        let child = run.fork(0);
        run.exit(child, 0);
    };
    check(
        "reaped = {}",
        forgotten,
        "child-not-reaped",
        "nobody waited for [pid 3], a child of [pid 1]",
    );
    passes("reaped = { children_of = \"main/1\" }", forgotten);
    let discards = |run: &mut Written| {
        let child = run.fork(0);
        run.exit(child, 0);
        run.discarded(child);
    };
    passes("reaped = {}", discards);
    check(
        "reaped = { by = \"main\" }",
        discards,
        "child-not-reaped",
        "SIGCHLD is ignored",
    );
    let grandchild = |run: &mut Written| {
        let child = run.fork(0);
        let orphan = run.fork(child);
        run.exit(child, 0);
        run.exit(orphan, 0);
        run.reap(0, child);
        run.reap(0, orphan);
    };
    passes(
        "reaped = { children_of = \"main/*\", by = \"main\" }",
        grandchild,
    );
    check(
        "reaped = { children_of = \"main/*\", by = \"main/*\" }",
        grandchild,
        "child-not-reaped",
        "[pid 1] waited for [pid 3]",
    );
}

#[test]
fn zombies() {
    let lasts = |ms: u64| {
        move |run: &mut Written| {
            let child = run.fork(0);
            run.exit(child, 0);
            run.pass_ms(ms);
            run.reap(0, child);
        }
    };
    passes("zombies = { longest_ms = 100 }", lasts(90));
    check(
        "zombies = { longest_ms = 100 }",
        lasts(101),
        "zombie-kept",
        "[pid 2] was one for longer",
    );
    passes("zombies = { count = 1 }", lasts(1));
    let waits = |run: &mut Written| {
        let child = run.fork(0);
        run.exit(child, 0);
        run.reap_blocked(0, child);
    };
    check(
        "zombies = { count = \"1..\" }",
        waits,
        "zombie-faked",
        "there were fewer",
    );
    check(
        "zombies = { count = 0 }",
        lasts(1),
        "zombie-kept",
        "there were more",
    );
}

#[test]
fn adopted() {
    let evidence = "adopted = { process = \"main/1/1\", by = \"system\", count = 1 }";
    let orphan = |by: Option<usize>| {
        move |run: &mut Written| {
            let child = run.fork(0);
            let orphan = run.fork(child);
            run.exit(child, 0);
            run.adopted(orphan, by);
        }
    };
    passes(evidence, orphan(None));
    check(
        evidence,
        orphan(Some(0)),
        "adopted-otherwise",
        "by the system's first process",
    );
    passes("adopted = { by = \"main\" }", orphan(Some(0)));
    check(
        "adopted = { by = \"main\" }",
        orphan(None),
        "adopted-otherwise",
        "fewer",
    );
    check(
        "adopted = { count = 0 }",
        orphan(None),
        "adopted-otherwise",
        "more",
    );
}

#[test]
fn executed() {
    let evidence = "executed = { by = \"main/*\", program = \"sort\", count = 1 }";
    let runs = |programs: &'static [&'static str]| {
        move |run: &mut Written| {
            for program in programs {
                let child = run.fork(0);
                run.exec(child, program);
            }
        }
    };
    passes(evidence, runs(&["/usr/bin/sort"]));
    passes(evidence, runs(&["sort", "cat"]));
    check(
        evidence,
        runs(&["/bin/cat"]),
        "wrong-program-executed",
        "[pid 2] executed `/bin/cat`",
    );
    check(evidence, runs(&[]), "faked-output", "happened never");
    check(
        evidence,
        runs(&["sort", "sort"]),
        "wrong-program-executed",
        "2 times",
    );
    // How the program itself was started is none of its doing.
    passes("executed = { count = 0 }", runs(&[]));
    let evidence = "executed = { program = \"/proc/self/exe\", count = 1 }";
    for path in ["/proc/self/exe", "/proc/4711/exe", ""] {
        passes(evidence, move |run: &mut Written| {
            let child = run.fork(0);
            run.exec(child, path);
        });
    }
    check(
        evidence,
        runs(&["/bin/sh"]),
        "wrong-program-executed",
        "[pid 2] executed `/bin/sh`",
    );
}

#[test]
fn named() {
    let names = |names: &'static [&'static str]| {
        move |run: &mut Written| {
            for name in names {
                let child = run.fork(0);
                if !name.is_empty() {
                    run.name(child, name);
                }
            }
        }
    };
    passes("named = { process = \"main/*\" }", names(&["a", "b"]));
    check(
        "named = { process = \"main/*\" }",
        names(&["a", ""]),
        "unnamed-process",
        "[pid 3] did not",
    );
    check(
        "named = { process = \"main/*\" }",
        names(&[]),
        "unnamed-process",
        "no such process",
    );
    let evidence = "named = { process = \"main/*\", names = [\"b\", \"a-name-of-21-letters\"] }";
    passes(evidence, names(&["a-name-of-21-le", "b"]));
    check(
        evidence,
        names(&["b", "b"]),
        "unnamed-process",
        "[pid 3] has the name `b`",
    );
    check(
        evidence,
        names(&["b"]),
        "unnamed-process",
        "`a-name-of-21-le` among them",
    );
    // A name that the parent had at the fork is the child's as well.
    passes(
        "named = { process = \"main/*\", names = [\"early\"] }",
        |run| {
            run.name(0, "early");
            run.fork(0);
            run.name(0, "late");
        },
    );
    // Exec gives a name, but no chosen one.
    let execs = |run: &mut Written| {
        let child = run.fork(0);
        run.exec(child, "/bin/b");
    };
    passes("named = { process = \"main/*\", names = [\"b\"] }", execs);
    check(
        "named = { process = \"main/*\" }",
        execs,
        "unnamed-process",
        "[pid 2] did not",
    );
}

#[test]
fn ended() {
    let evidence = "ended = { process = \"main/*\", how = [0, \"SIGTERM\"] }";
    let ends = |codes: &'static [i32], signals: &'static [i32]| {
        move |run: &mut Written| {
            for code in codes {
                let child = run.fork(0);
                run.exit(child, *code);
                run.reap(0, child);
            }
            for signal in signals {
                let child = run.fork(0);
                run.dies(child, *signal);
                run.reap(0, child);
            }
        }
    };
    passes(evidence, ends(&[0, 0], &[15]));
    check(
        evidence,
        ends(&[0], &[15, 9]),
        "ended-otherwise",
        "[pid 4] ended by SIGKILL",
    );
    check(
        evidence,
        ends(&[0, 15], &[]),
        "ended-otherwise",
        "[pid 3] ended with exit code 15",
    );
    check(
        evidence,
        ends(&[0], &[]),
        "ended-otherwise",
        "none ended by SIGTERM",
    );
    check(evidence, forks, "ended-otherwise", "did not end by itself");
}
