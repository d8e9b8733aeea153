//! Exercise `exit-status`: what a parent learns of its child's end.
//!
//! It shows how `wait` packs an exit code, a signal, a core dump, a stop or a continuation into one word, and
//! that a status belongs to one child: whoever waits for any child has to look whose status it got.
//!
//! Calls: fork(2), _exit(2), wait(2), waitpid(2).
//! Run it: `cargo run -p fork-exec-wait --bin exit-status`, `… --bin exit-status words 0x0300 0x000f`,
//! `… --bin exit-status children 0 3 -15`.
//! Edit: the bodies of `decode` and `end_children`.

use std::process::ExitCode;

use fork_exec_wait::exit_status::{Ending, Outcome, drive};

/// Says what `word` means, a status as wait(2) stores it.
///
/// - The low seven bits are 0: it exited, and the next byte is its exit code, 0 to 255.
/// - They are 127 (0x7f): it was stopped, and the next byte is the signal; but the word 0xffff means that
///   it was continued.
/// - Otherwise they are the signal that killed it, and the eighth bit (0x80) says that it dumped core.
///
/// The macros of wait(2) know all this: `nix::libc::WIFEXITED` and its relatives.
fn decode(word: i32) -> Outcome {
    // TODO: tell the four outcomes apart.
    todo!("say what the status {word:#06x} means")
}

/// Forks a child for each ending, reaps them all, and returns what became of each, in the order of `endings`.
///
/// - The child, not the parent, calls `ending.approach()`. That either kills the child by a signal, or returns
///   the exit code to leave with.
/// - The program has one more child, which is not yours and has ended already. You need not reap it.
fn end_children(endings: &[Ending]) -> nix::Result<Vec<Outcome>> {
    // TODO: fork for each ending, then learn the outcome of each child.
    todo!("start a child for each of {endings:?}")
}

fn main() -> ExitCode {
    drive(decode, end_children)
}
