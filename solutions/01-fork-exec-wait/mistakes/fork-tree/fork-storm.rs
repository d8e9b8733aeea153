//! Mistake: the child leaves, but too late. When its subtree is built it goes on in its parent's loop, and forks there
//! as if it were its parent.

use std::io;
use std::process::ExitCode;

use fork_exec_wait::fork_tree::{Node, drive};
use nix::sys::wait::wait;
use nix::unistd::{ForkResult, fork};

fn predict(depth: u32, width: u32) -> u64 {
    (0..=depth).map(|level| u64::from(width).pow(level)).sum()
}

fn build(node: &Node) -> io::Result<()> {
    let mut is_child = false;
    for place in node.children() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                place.announce();
                build(&place)?;
                is_child = true;
            }
            ForkResult::Parent { .. } => {}
        }
    }
    while wait().is_ok() {}
    if is_child {
        // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
        unsafe { nix::libc::_exit(0) }
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(predict, build)
}
