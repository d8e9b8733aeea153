//! Exercise `pid-reuse`: a signal that reaches its child, or nobody.
//!
//! It shows that a pid is a number that the kernel gives away again: once a child has been reaped, its number can be
//! a stranger's at any moment. A pidfd is a descriptor that refers to the process itself, and to no other one, ever.
//!
//! Calls: pidfd_open(2), pidfd_send_signal(2), which `rustix::process` has; kill(2), which takes a number.
//! Run it: `cargo run -p zombies-orphans --bin pid-reuse running zombie reaped`.
//! Edit: the type `Handle`, and the bodies of `find` and `send`.

use std::io;
use std::process::ExitCode;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use zombies_orphans::pid_reuse::drive;

/// What is kept of a child.
// TODO: a number is not enough.
type Handle = Pid;

/// Called when a child was started: returns what is needed to signal it later. The child has not been reaped yet.
fn find(child: Pid) -> io::Result<Handle> {
    // TODO: make a handle.
    todo!("make a handle for the child {child}")
}

/// Sends the signal to the child, and says whether it was sent: `false` if the child is not there any more.
///
/// - The child runs, or is a zombie; or another part of the program has reaped it since `find`, or does so right now.
/// - Whoever has the child's former number must not get the signal, and must not be asked either.
/// - No signal is sent by number (kill(2)): between any question and the kill the child can be reaped.
fn send(handle: &Handle, signal: Signal) -> io::Result<bool> {
    // TODO: send the signal through the handle.
    todo!("send {signal} through {handle:?}")
}

fn main() -> ExitCode {
    drive(find, send)
}
