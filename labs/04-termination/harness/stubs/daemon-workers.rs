//! Exercise `daemon-workers`: workers that end with the main program, and workers that are waited for.
//!
//! It shows the two kinds of helpers that process libraries know. A *daemon* worker serves the main program and is of no use
//! without it: it ends when the main program ends, in whatever way that happens, SIGKILL included. The others
//! have work of their own, and the main program waits until it is done.
//!
//! Calls: prctl(2) with PR_SET_NAME and PR_SET_PDEATHSIG, getppid(2), fork(2), kill(2), waitpid(2), _exit(2).
//! Run it: `cargo run -p termination --bin daemon-workers -- returns logger:daemon backup-1 backup-2`, then with `killed`
//! in the place of `returns`, and `… -- killed-at-birth logger:daemon`, `… -- killed-at-prctl logger:daemon`.
//! Edit: the body of `run_main`.

use std::io;
use std::process::ExitCode;

use termination::daemon_workers::{Worker, drive};

/// The main program: runs in a process of its own, which ends when this function returns.
///
/// - It starts a child for each worker, in this order. The child gives itself the worker's name, calls `worker.run()`, and
///   leaves with `_exit` and code 0. The `run` of a daemon does not return.
/// - It waits for the workers that are no daemons, and for no daemon to end by itself.
/// - When this process has ended, so have the daemons, or they are about to. That also holds when it is killed by SIGKILL, at
///   any moment, and no line of this function is executed any more.
/// - When it is killed, the workers that are no daemons go on with their work.
fn run_main(workers: &[Worker]) -> io::Result<()> {
    // TODO: start the workers, wait for those that are no daemons, end the others.
    todo!("run {workers:?}")
}

fn main() -> ExitCode {
    drive(run_main)
}
