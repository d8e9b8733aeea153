//! Waits for children, signals, several descriptors and locks; processes that are stopped, and those that are seen at a deadline.

use super::{Hang, check, check_late};

#[test]
fn parents_are_told_which_child_they_wait_for() {
    check(
        "hang_waits",
        &Hang {
            args: &["child"],
            causes: &[],
            said: &[
                "[pid 1] waits in waitpid for [pid 2] to end.",
                "[pid 2] waits in pause for a signal.",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_waits",
        &Hang {
            args: &["any-child"],
            causes: &[],
            said: &[
                "[pid 1] waits in waitpid for one of its children to end: [pid 2] and [pid 3].",
                "[pid 2] and [pid 3] wait in pause for a signal.",
            ],
        },
    );
    check(
        "hang_waits",
        &Hang {
            args: &["child-by-id"],
            causes: &[],
            said: &[
                "[pid 1] waits in waitid for its child [pid 2] to end.",
                "[pid 2] waits in pause for a signal.",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_waits",
        &Hang {
            args: &["vfork"],
            causes: &[],
            said: &[
                "[pid 1] waits in vfork until [pid 2], which borrows its memory, executes a program or ends.",
                "[pid 2] waits in pause for a signal.",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_waits",
        &Hang {
            args: &["process"],
            causes: &[],
            said: &[
                "[pid 1] waits in poll for [pid 2] to end.",
                "[pid 2] waits in pause for a signal.",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
}

#[test]
fn a_signal_that_came_too_early_is_named() {
    check(
        "hang_waits",
        &Hang {
            args: &["pause"],
            causes: &["lost-signal"],
            said: &[
                "[pid 1] waits in pause for a signal; SIGUSR1 from [pid 2] came before it waited, and is gone.",
            ],
        },
    );
}

#[test]
fn a_signal_that_is_blocked_is_named() {
    check(
        "hang_waits",
        &Hang {
            args: &["blocked"],
            causes: &[],
            said: &[
                "[pid 1] waits in sigsuspend for a signal; SIGUSR1 has been sent, but is blocked.",
            ],
        },
    );
}

#[test]
fn signals_that_are_waited_for_are_named() {
    check(
        "hang_waits",
        &Hang {
            args: &["sigwait"],
            causes: &[],
            said: &[
                "[pid 1] waits in sigwait for SIGUSR1 or SIGUSR2.",
                "[pid 2] waits in pause for a signal.",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_waits",
        &Hang {
            args: &["signalfd"],
            causes: &[],
            said: &["[pid 1] waits in read(5) for SIGUSR1 through a signalfd."],
        },
    );
}

#[test]
fn who_waits_for_several_things_is_told_each() {
    check(
        "hang_waits",
        &Hang {
            args: &["poll"],
            causes: &["write-end-left-open"],
            said: &[
                "[pid 1] waits in poll for data or the end of pipe 1, whose write end is still open in [pid 1] itself (fd 4) and in [pid 2] (fd 4, inherited from [pid 1]).",
                "[pid 2] waits in pause for a signal.",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_waits",
        &Hang {
            args: &["select"],
            causes: &["write-end-left-open"],
            said: &[
                "[pid 1] waits in select for data or the end of pipe 1, whose write end is still open in [pid 1] itself (fd 4) and in [pid 2] (fd 4, inherited from [pid 1]).",
                "[pid 2] waits in pause for a signal.",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_waits",
        &Hang {
            args: &["epoll"],
            causes: &[],
            said: &[
                "[pid 1] waits in epoll_wait(5) for data or the end of pipe 1, whose write end is still open in [pid 1] itself (fd 4) and in [pid 2] (fd 4, inherited from [pid 1]).",
                "[pid 2] waits in pause for a signal.",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_waits",
        &Hang {
            args: &["poll-two"],
            causes: &["write-end-left-open"],
            said: &[
                "[pid 1] waits in poll for data or the end of pipe 1, whose write end is still open in [pid 1] itself (fd 4), or for data or the end of pipe 2, whose write end is still open in [pid 1] itself (fd 6).",
            ],
        },
    );
    check(
        "hang_waits",
        &Hang {
            args: &["event"],
            causes: &[],
            said: &[
                "[pid 1] waits in read(5) for eventfd 1 to be counted up, which is open in [pid 1] itself (fd 5).",
            ],
        },
    );
}

#[test]
fn who_waits_for_a_lock_is_told_who_has_it() {
    check(
        "hang_waits",
        &Hang {
            args: &["flock"],
            causes: &[],
            said: &[
                "[pid 1] waits in waitpid for [pid 2] to end.",
                "[pid 2] waits in flock(6) for the lock on file `locked`, which is held by [pid 1] (fd 5) and by [pid 2] itself (fd 5, inherited from [pid 1]).",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_waits",
        &Hang {
            args: &["fcntl"],
            causes: &[],
            said: &[
                "[pid 1] waits in waitpid for [pid 2] to end.",
                "[pid 2] waits in fcntl(6) for the lock on file `locked`, which is held by [pid 1] (fd 5).",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
}

#[test]
fn who_is_stopped_is_told_by_whom() {
    check(
        "hang_waits",
        &Hang {
            args: &["stopped"],
            causes: &[],
            said: &[
                "[pid 1] waits in waitpid for [pid 2] to end.",
                "[pid 2] is stopped by SIGSTOP, which [pid 1] sent; only SIGCONT lets it go on.",
            ],
        },
    );
}

#[test]
fn at_a_deadline_sleepers_are_told_from_those_that_run() {
    check_late(
        "hang_waits",
        &Hang {
            args: &["sleeps"],
            causes: &[],
            said: &["[pid 1] sleeps in nanosleep for 100 s."],
        },
    );
    check_late(
        "hang_waits",
        &Hang {
            args: &["polls-long"],
            causes: &[],
            said: &[
                "[pid 1] waits in poll, at most 100 s, for data or the end of pipe 1, whose write end is still open in [pid 1] itself (fd 4).",
            ],
        },
    );
    check_late(
        "hang_waits",
        &Hang {
            args: &["runs"],
            causes: &[],
            said: &["[pid 1] runs without a rest, in its own code: a loop that does not end."],
        },
    );
    check_late(
        "hang_waits",
        &Hang {
            args: &["clock"],
            causes: &["write-end-left-open"],
            said: &[
                "[pid 1] runs without a rest, in its own code: a loop that does not end.",
                "[pid 2] waits in read(3) for data or the end of pipe 1, whose write end is still open in [pid 1] (fd 4) and in [pid 2] itself (fd 4, inherited from [pid 1]).",
            ],
        },
    );
    check_late(
        "hang_waits",
        &Hang {
            args: &["asks"],
            causes: &[],
            said: &[
                "[pid 1] goes on and on: it calls `waitpid` again and again.",
                "[pid 2] waits in pause for a signal.",
            ],
        },
    );
    check_late(
        "hang_waits",
        &Hang {
            args: &["naps"],
            causes: &[],
            said: &[
                "[pid 1] goes on and on: it calls `nanosleep` and `waitpid` again and again.",
                "[pid 2] waits in pause for a signal.",
            ],
        },
    );
}
