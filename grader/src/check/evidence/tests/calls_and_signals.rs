//! Calls, waiting, order and signals.

use super::{check, forks, passes, workers};
use crate::check::evidence::written::Written;
use crate::record::ObjectKind;

#[test]
fn waiting() {
    let evidence = "waiting = { cpu_ms = 50, polls = 3 }";
    passes(evidence, |run| {
        run.uses_cpu_ms(0, 50);
        (0..3).for_each(|_| run.call(0, "waitpid"));
        workers(run, 5);
    });
    check(
        evidence,
        |run| run.uses_cpu_ms(0, 51),
        "busy-wait",
        "[pid 1] used more",
    );
    check(
        evidence,
        |run| (0..4).for_each(|_| run.call(0, "waitpid")),
        "busy-wait",
        "such as `waitpid`",
    );
    check(
        evidence,
        |run| (0..4).for_each(|_| run.fails(0, "read", "EAGAIN")),
        "busy-wait",
        "such as `read`",
    );
    check(
        evidence,
        |run| (0..4).for_each(|_| run.kill(0, 0, 0)),
        "busy-wait",
        "such as `kill`",
    );
    passes("waiting = { process = \"main/1\", polls = 0 }", |run| {
        run.call(0, "poll")
    });
}

#[test]
fn waiting_while_a_peer_is_stopped() {
    let evidence = "waiting = { cpu_ms_while_stopped = 50 }";
    // What the program uses otherwise does not count, nor what others use.
    passes(evidence, |run| {
        run.uses_cpu_ms(0, 500);
        workers(run, 2);
        run.is_stopped(1, &[(0, 50), (2, 400)]);
        run.is_stopped(2, &[(0, 50)]);
    });
    check(
        evidence,
        |run| {
            workers(run, 2);
            run.is_stopped(1, &[(0, 3)]);
            run.is_stopped(2, &[(0, 51)]);
        },
        "busy-wait",
        "[pid 1] used more",
    );
    check(
        evidence,
        |run| workers(run, 2),
        "call-missing",
        "never came to the call",
    );
}

#[test]
fn waiting_without_a_pause() {
    let evidence = "waiting = { in_a_row = 3 }";
    passes(evidence, |run| {
        for _ in 0..20 {
            (0..3).for_each(|_| run.call(0, "waitpid"));
            run.call(0, "nanosleep");
            run.kill(0, 0, 0);
            run.call(0, "sched_yield");
            run.call(0, "poll");
        }
        (0..20).for_each(|_| run.call(0, "poll"));
    });
    // Each process has a row of its own.
    passes("waiting = { process = \"main/*\", in_a_row = 3 }", |run| {
        let children = [run.fork(0), run.fork(0)];
        (0..3).for_each(|_| children.iter().for_each(|it| run.call(*it, "waitpid")));
    });
    check(
        evidence,
        |run| {
            run.call(0, "nanosleep");
            (0..2).for_each(|_| run.call(0, "waitpid"));
            run.kill(0, 0, 0);
            run.call(0, "sched_yield");
        },
        "busy-wait",
        "such as `sched_yield`",
    );
    check(
        evidence,
        |run| (0..4).for_each(|_| run.fails(0, "read", "EAGAIN")),
        "busy-wait",
        "in a row",
    );
    // With a timeout, who is told that there is nothing has waited for it.
    let accepts_in_vain = |run: &mut Written, socket| {
        (0..4).for_each(|_| run.call_about(0, "accept", Some(socket), None, Some("EAGAIN")));
    };
    passes(evidence, |run| {
        let socket = run.object(ObjectKind::Socket, None);
        run.call_about(0, "setsockopt", Some(socket), None, None);
        accepts_in_vain(run, socket);
    });
    check(
        evidence,
        |run| {
            let [socket, other] = [(); 2].map(|()| run.object(ObjectKind::Socket, None));
            run.call_about(0, "setsockopt", Some(other), None, None);
            accepts_in_vain(run, socket);
        },
        "busy-wait",
        "such as `accept`",
    );
}

#[test]
fn order() {
    let evidence = "order = { last = { process = \"main/*\", does = \"exit\" }, before_first = { does = \"write\", object = \"pipe\" } }";
    let announces = |after: usize| {
        move |run: &mut Written| {
            let pipe = run.pipe(0, [3, 4]);
            let children = [run.fork(0), run.fork(0)];
            for (ended, child) in children.into_iter().enumerate() {
                if ended == after {
                    run.write(0, pipe, 1);
                }
                run.exit(child, 0);
            }
            if after > 1 {
                run.write(0, pipe, 1);
            }
        }
    };
    passes(evidence, announces(2));
    check(
        evidence,
        announces(1),
        "wrong-order",
        "[pid 3] came after [pid 1]",
    );
    check(
        evidence,
        |run| run.exit(0, 0),
        "wrong-order",
        "the first never happened",
    );
    check(
        evidence,
        |run| workers(run, 1),
        "wrong-order",
        "the second never happened",
    );
    let call = "order = { last = { does = \"call\", call = \"sigaction\" }, before_first = { does = \"send-signal\", signal = \"SIGTERM\" } }";
    let handles = |run: &mut Written, first: bool| {
        let child = run.fork(0);
        run.kill(0, child, 9);
        if first {
            run.call(0, "sigaction");
        }
        run.kill(0, child, 15);
        if !first {
            run.call(0, "sigaction");
        }
    };
    passes(call, |run| handles(run, true));
    check(
        call,
        |run| handles(run, false),
        "wrong-order",
        "it was the other way round: in [pid 1]",
    );
}

#[test]
fn signaled() {
    let evidence = "signaled = { from = \"main\", to = \"main/1\", signal = \"SIGTERM\", count = 1, ended = \"SIGTERM\" }";
    let sends = |target: usize, signal: i32, dies: bool| {
        move |run: &mut Written| {
            let children = [run.fork(0), run.fork(0)];
            run.kill(0, children[target], signal);
            for child in children {
                if dies {
                    run.dies(child, signal)
                } else {
                    run.exit(child, 0)
                }
                run.reap(0, child);
            }
        }
    };
    passes(evidence, sends(0, 15, true));
    check(
        evidence,
        sends(1, 15, true),
        "signaled-otherwise",
        "it was not sent",
    );
    check(
        evidence,
        sends(0, 9, true),
        "signaled-otherwise",
        "it was not sent",
    );
    check(
        evidence,
        sends(0, 15, false),
        "ended-otherwise",
        "[pid 2] ended with exit code 0",
    );
    let group = |reaches: bool| {
        move |run: &mut Written| {
            let child = run.fork(0);
            run.kill_group(0, 15);
            if reaches {
                run.gets(child, 15, 0);
                run.dies(child, 15);
            }
        }
    };
    passes(evidence, group(true));
    check(
        evidence,
        group(false),
        "signaled-otherwise",
        "it was not sent",
    );
    check(
        evidence,
        |run| {
            let child = run.fork(0);
            run.kill(0, child, 15);
            run.kill(0, child, 15);
            run.dies(child, 15);
        },
        "signaled-otherwise",
        "more often",
    );
}

#[test]
fn aimed() {
    let evidence = "aimed = {}";
    let strictly = "aimed = { from = \"main\", by_number = false }";
    let signals_after_the_wait = |run: &mut Written| {
        let child = run.fork(0);
        run.exit(child, 0);
        run.reap(0, child);
        run.kill(0, child, 15);
    };
    for evidence in [evidence, strictly] {
        check(
            evidence,
            signals_after_the_wait,
            "signaled-a-stranger",
            "[pid 1] sent a signal to the number of [pid 2], which had been waited for",
        );
        for call in ["kill", "pidfd_open"] {
            check(
                evidence,
                |run| run.fails(0, call, "ESRCH"),
                "signaled-a-stranger",
                &format!("[pid 1] called `{call}` for a number that nobody had"),
            );
        }
        // A pidfd says that its process is gone; nobody else could have got the signal.
        passes(evidence, |run| {
            run.fails(0, "pidfd_send_signal", "ESRCH");
            run.fails(0, "kill", "EPERM");
            run.kill_group(0, 15);
            run.kill(0, 0, 6);
        });
    }
    let signals_a_zombie = |run: &mut Written| {
        let child = run.fork(0);
        run.exit(child, 0);
        run.kill(0, child, 15);
        run.reap(0, child);
    };
    passes(evidence, signals_a_zombie);
    check(
        strictly,
        signals_a_zombie,
        "signaled-a-stranger",
        "[pid 1] sent a signal to [pid 2] by its number",
    );
    passes(strictly, |run| {
        let child = run.fork(0);
        run.kill(child, 0, 15);
    });
}

#[test]
fn grace() {
    let evidence = "grace = { to = \"main/*\", ms = 200 }";
    let kills = |term: bool, ms: u64, ends_after: Option<u64>| {
        move |run: &mut Written| {
            let child = run.fork(0);
            if term {
                run.kill(0, child, 15);
            }
            match ends_after {
                Some(after) => {
                    run.pass_ms(after);
                    run.exit(child, 0);
                    run.pass_ms(ms - after);
                    run.kill(0, child, 9);
                }
                None => {
                    run.pass_ms(ms);
                    run.kill(0, child, 9);
                    run.dies(child, 9);
                }
            }
            run.reap(0, child);
        }
    };
    passes(evidence, kills(true, 200, None));
    check(
        evidence,
        kills(true, 150, None),
        "killed-without-grace",
        "[pid 2] got SIGKILL sooner",
    );
    check(
        evidence,
        kills(false, 500, None),
        "killed-without-grace",
        "at once",
    );
    check(
        evidence,
        kills(true, 300, Some(100)),
        "killed-though-it-obeyed",
        "[pid 2] had ended in time",
    );
    // It ended at the very moment of the kill, after the deadline: nobody could know.
    passes(evidence, kills(true, 201, Some(201)));
    passes(evidence, |run| workers(run, 2));
}

#[test]
fn synced() {
    let evidence = "synced = {}";
    let renames = |steps: &'static [&'static str]| {
        move |run: &mut Written| {
            let other = run.object(ObjectKind::File, Some("log"));
            let file = run.object(ObjectKind::File, Some("out/a.tmp"));
            for step in steps {
                match *step {
                    "write" => run.write(0, file, 10),
                    "sync" => run.call_about(0, "fdatasync", Some(file), None, None),
                    "sync other" => run.call_about(0, "fsync", Some(other), None, None),
                    _ => run.call_about(0, "rename", None, Some("./out/a.tmp"), None),
                }
            }
        }
    };
    passes(evidence, renames(&["write", "sync", "rename"]));
    check(
        evidence,
        renames(&["write", "rename", "sync"]),
        "missing-fsync",
        "[pid 1] renamed `./out/a.tmp`",
    );
    check(
        evidence,
        renames(&["sync", "write", "rename"]),
        "missing-fsync",
        "without",
    );
    check(
        evidence,
        renames(&["write", "sync other", "rename"]),
        "missing-fsync",
        "without",
    );
    check(
        evidence,
        renames(&["write", "sync"]),
        "half-file-visible",
        "fewer",
    );
    check(
        "synced = { count = 2 }",
        renames(&["sync", "rename"]),
        "half-file-visible",
        "fewer",
    );
}

#[test]
fn calls() {
    let forbidden = "calls = { names = [\"nanosleep\", \"fork\"], count = 0 }";
    check(
        forbidden,
        |run| run.call(0, "nanosleep"),
        "forbidden-call",
        "[pid 1] called `nanosleep`",
    );
    check(forbidden, forks, "forbidden-call", "called `fork`");
    check(
        forbidden,
        |run| run.fails(0, "clone", "EAGAIN"),
        "forbidden-call",
        "called `fork`",
    );
    passes(forbidden, |run| run.call(0, "poll"));
    let required =
        "calls = { by = \"main\", names = [\"sigsuspend\", \"pause\"], count = \"1..=2\" }";
    passes(required, |run| run.fails(0, "sigsuspend", "EINTR"));
    check(required, |_| {}, "call-missing", "there were none");
    check(
        required,
        |run| run.fails(0, "pause", "EFAULT"),
        "call-missing",
        "there were none",
    );
    check(
        required,
        |run| (0..3).for_each(|_| run.fails(0, "pause", "EINTR")),
        "forbidden-call",
        "there were more",
    );
    let small =
        "calls = { by = \"main/*\", names = [\"mq_receive\"], error = \"EMSGSIZE\", count = 0 }";
    let receives = |error: &'static str| {
        move |run: &mut Written| {
            let child = run.fork(0);
            run.call(child, "mq_receive");
            run.fails(child, "mq_receive", error);
        }
    };
    passes(small, receives("EAGAIN"));
    check(
        small,
        receives("EMSGSIZE"),
        "forbidden-call",
        "fails with EMSGSIZE",
    );
    let asked = "calls = { names = [\"open\"], error = \"ENXIO\", count = \"1..\" }";
    passes(asked, |run| run.fails(0, "open", "ENXIO"));
    check(
        asked,
        |run| run.call(0, "open"),
        "call-missing",
        "fails with ENXIO",
    );
}

#[test]
fn a_pipe_is_one_call_though_it_opens_two_descriptors() {
    let two = "calls = { names = [\"pipe\"], count = 2 }";
    passes(two, |run| {
        run.pipe(0, [3, 4]);
        run.pipe(0, [5, 6]);
    });
    check(
        two,
        |run| {
            run.pipe(0, [3, 4]);
        },
        "call-missing",
        "there were fewer",
    );
    let none = "calls = { names = [\"pipe\"], count = 0 }";
    let opens = |run: &mut Written| {
        let file = run.object(ObjectKind::File, Some("file"));
        run.open(0, 3, file, "r");
    };
    passes(none, opens);
    check(
        none,
        |run| {
            run.pipe(0, [3, 4]);
        },
        "forbidden-call",
        "called `pipe`",
    );
}
