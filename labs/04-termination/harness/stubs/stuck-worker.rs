//! Exercise `stuck-worker`: stopping a worker that does not listen.
//!
//! It shows the usual order: SIGTERM asks, a grace period gives time, SIGKILL ends who has not ended by then. Whoever obeys
//! is not killed, nobody is waited for without end, and the processes beside it notice nothing.
//!
//! Calls: kill(2), waitpid(2); for a wait that ends: poll(2) on a pidfd (pidfd_open(2), in the crate rustix), or
//! sigtimedwait(2) for SIGCHLD, or waitpid with WNOHANG and short sleeps.
//! Run it: `cargo run -p termination --bin stuck-worker -- other stuck other obeys`.
//! Workers: `obeys`, `stuck`, `ended` (before anybody asks), `other` (is not to be stopped).
//! Edit: the body of `stop`.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use nix::unistd::Pid;
use termination::stuck_worker::drive;

/// Stops the process `worker`, a child of the calling process, and returns its exit code, −n if signal n has ended it.
///
/// - It gets SIGTERM. If it ends within `grace`, this function returns then, and not at the end of the grace period.
/// - If it has not ended when `grace` is over, it gets SIGKILL.
/// - When this function returns, the worker has been waited for.
/// - No other process gets a signal. All workers are in one process group.
fn stop(worker: Pid, grace: Duration) -> io::Result<i32> {
    // TODO: ask, wait for at most the grace period, then end it by force; reap it.
    todo!("stop {worker} within {grace:?}")
}

fn main() -> ExitCode {
    drive(stop)
}
