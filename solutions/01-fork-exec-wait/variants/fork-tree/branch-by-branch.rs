//! Variant: each branch is built and reaped before the next one begins; a process announces itself last. The count
//! is by recursion: a tree is a root and `width` smaller trees.

use std::io;
use std::process::ExitCode;

use fork_exec_wait::fork_tree::{Node, drive};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{ForkResult, fork};

fn predict(depth: u32, width: u32) -> u64 {
    match depth {
        0 => 1,
        _ => 1 + u64::from(width) * predict(depth - 1, width),
    }
}

fn build(node: &Node) -> io::Result<()> {
    node.children().iter().try_for_each(grow)
}

fn grow(place: &Node) -> io::Result<()> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let built = build(place);
            place.announce();
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(built.is_err().into()) }
        }
        ForkResult::Parent { child } => {
            waitid(Id::Pid(child), WaitPidFlag::WEXITED)?;
            Ok(())
        }
    }
}

fn main() -> ExitCode {
    drive(predict, build)
}
