//! Exercise `daemonize`: a process that serves on its own, without terminal and without anybody's descriptors.
//!
//! It shows the steps by which a program goes into the background: each of them cuts one tie between the
//! daemon and the process that started it.
//!
//! Calls: fork(2), setsid(2), chdir(2), open(2), dup2(2), close_range(2) or close(2), waitpid(2), _exit(2); see daemon(7).
//! Run it: `cargo run -p zombies-orphans --bin daemonize`.
//! Edit: the body of `daemonize`.

use std::io;
use std::process::ExitCode;

use zombies_orphans::daemonize::{Service, drive};

/// Starts a daemon, and returns in the calling process only.
///
/// The daemon is a grandchild of the calling process. Before it serves:
///
/// - It is in a new session, and not the leader of that: so it has no terminal, and cannot get one by opening it.
/// - Its working folder is `/`.
/// - Its descriptors 0, 1 and 2 refer to `/dev/null`, and all others that it has inherited are closed.
/// - The file `service.pid_file()` contains its pid, as a line.
///
/// Then it calls `service.serve()`, and leaves by `_exit` with the code that this returns.
/// The process between the two ends at once, and the calling process reaps it.
fn daemonize(service: &Service) -> io::Result<()> {
    // TODO: fork, setsid, fork, and cut the other ties.
    todo!("start a daemon for {service:?}")
}

fn main() -> ExitCode {
    drive(daemonize)
}
