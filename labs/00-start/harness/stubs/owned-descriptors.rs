//! Exercise `owned-descriptors`: Rust for C programmers. Who closes what, and when?
//!
//! It shows how `Result` and `?` carry an error out, how an `OwnedFd` closes its descriptor when it is
//! dropped, how a `BorrowedFd` lends it, and that `_exit` drops nothing: the kernel closes the rest.
//!
//! Calls: open(2), close(2), fork(2), waitpid(2), _exit(2).
//! Run it: `cargo run -p start --bin owned-descriptors`; with a copy that cannot be created:
//! `… --bin owned-descriptors 3 missing-folder`; with a source that cannot be read: `… 3 source-is-folder`.
//! Edit: the body of `copy_in_child`.
//!
//! A process is doubled like this; both go on from here, each with its own copy of every descriptor:
//!
//! ```text
//! // SAFETY: the program has one thread, so the child may run ordinary code.
//! match unsafe { fork() }? {
//!     ForkResult::Child => …,            // ends with: unsafe { nix::libc::_exit(code) }
//!     ForkResult::Parent { child } => …, // waitpid(child, None) returns how the child ended
//! }
//! ```

use std::io;
use std::path::Path;
use std::process::ExitCode;

use nix::sys::wait::WaitStatus;
use start::owned_descriptors::drive;

/// Copies the file `source` to the file `target` in a child, and returns how the child ended.
///
/// - Before the fork, opens `source` for reading and creates `target` for writing. An error of either is
///   returned.
/// - The child lends both descriptors to `start::owned_descriptors::transfer` (given). It leaves with
///   `_exit(0)`, or with `_exit(1)` if that failed.
/// - The parent waits for the child.
/// - Whether it succeeds or fails, the function leaves no descriptor open in the parent, and closes
///   none twice.
fn copy_in_child(source: &Path, target: &Path) -> io::Result<WaitStatus> {
    // TODO: open both files, fork, transfer in the child, wait in the parent.
    todo!("copy {source:?} to {target:?} in a child")
}

fn main() -> ExitCode {
    drive(copy_in_child)
}
