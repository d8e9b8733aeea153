//! Sockets.

use super::super::rows;
use super::{Hang, check};

#[test]
fn pairs_have_two_ends() {
    for args in [["pair"], ["packets"]] {
        check(
            "hang_sockets",
            &Hang {
                args: &args,
                causes: &["write-end-left-open", "deadlock-both-reading"],
                said: &[
                    "[pid 1] waits in recv(3) for data or the end of socket 1, whose other end is still open in [pid 2] (fd 4, inherited from [pid 1]).",
                    "[pid 2] waits in recv(4) for data or the end of socket 1, whose other end is still open in [pid 1] (fd 3) and in [pid 2] itself (fd 3, inherited from [pid 1]).",
                    "[pid 1] waits for [pid 2], which waits for [pid 1].",
                ],
            },
        );
    }
    check(
        "hang_sockets",
        &Hang {
            args: &["full"],
            causes: &["deadlock-both-writing"],
            said: &[
                "[pid 1] waits in send(3) for room in socket 1, whose other end is still open in [pid 1] itself (fd 4) and in [pid 2] (fd 4, inherited from [pid 1]).",
                "[pid 2] waits in send(4) for room in socket 1, whose other end is still open in [pid 1] (fd 3) and in [pid 2] itself (fd 3, inherited from [pid 1]).",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
}

/// A timeout is seen where it is set, however long it is.
#[test]
fn who_has_set_a_timeout_is_not_hung() {
    for args in [["timeout"], ["long-timeout"]] {
        check(
            "hang_sockets",
            &Hang {
                args: &args,
                causes: &["write-end-left-open"],
                said: &[
                    "[pid 1] waits in recv(3) for data or the end of socket 1, whose other end is still open in [pid 1] itself (fd 4).",
                ],
            },
        );
    }
}

#[test]
fn connections_are_waited_for_and_taken() {
    check(
        "hang_sockets",
        &Hang {
            args: &["tcp-accept"],
            causes: &["write-end-left-open"],
            said: &[
                "[pid 1] waits in accept(3) for a connection.",
                "[pid 2] waits in recv(4) for data or the end of socket 2, whose other end is still open in [pid 2] itself (fd 5).",
            ],
        },
    );
    check(
        "hang_sockets",
        &Hang {
            args: &["tcp-unaccepted"],
            causes: &[],
            said: &[
                "[pid 1] waits in waitpid for [pid 2] to end.",
                "[pid 2] waits in recv(4) for data or the end of socket 2, whose connection nobody has accepted; the socket that listens is open in [pid 1] (fd 3) and in [pid 2] itself (fd 3, inherited from [pid 1]).",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_sockets",
        &Hang {
            args: &["connect"],
            causes: &[],
            said: &[
                "[pid 1] waits in waitpid for [pid 2] to end.",
                "[pid 2] waits in connect(5) for its connection to be taken: the queue of the socket that listens is full; it is open in [pid 1] (fd 3) and in [pid 2] itself (fd 3, inherited from [pid 1]).",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
}

#[test]
fn connections_of_the_internet_have_two_ends() {
    check(
        "hang_sockets",
        &Hang {
            args: &["tcp"],
            causes: &["deadlock-both-reading"],
            said: &[
                "[pid 1] waits in recv(4) for data or the end of socket 2, whose other end is still open in [pid 2] (fd 4).",
                "[pid 2] waits in recv(4) for data or the end of socket 3, whose other end is still open in [pid 1] (fd 4).",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
}

/// What is on its way arrives although nobody runs.
#[test]
fn data_that_the_kernel_keeps_back_is_waited_for() {
    check(
        "hang_sockets",
        &Hang {
            args: &["tcp-late"],
            causes: &["deadlock-both-reading"],
            said: &[
                "[pid 1] waits in recv(4) for data or the end of socket 2, whose other end is still open in [pid 2] (fd 4).",
                "[pid 2] waits in recv(4) for data or the end of socket 3, whose other end is still open in [pid 1] (fd 4).",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_sockets",
        &Hang {
            args: &["tcp-full"],
            causes: &["deadlock-both-writing"],
            said: &[
                "[pid 1] waits in send(4) for room in socket 2, whose other end is still open in [pid 2] (fd 4).",
                "[pid 2] waits in send(4) for room in socket 3, whose other end is still open in [pid 1] (fd 4).",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
}

/// The kernel tries again in its own time.
#[test]
fn a_connection_that_is_being_made_is_waited_for() {
    rows::check(&rows::done("hang_sockets", &["tcp-connect"]));
}

#[test]
fn messages_of_anybody_are_waited_for() {
    for args in [["datagram"], ["datagram-pair"], ["udp"]] {
        check(
            "hang_sockets",
            &Hang {
                args: &args,
                causes: &[],
                said: &[
                    "[pid 1] waits in recv(3) for data or the end of socket 1, which is connected to nobody in particular.",
                ],
            },
        );
    }
}
