//! Reference answer of `fork-tree`.

use std::io;
use std::process::ExitCode;

use fork_exec_wait::fork_tree::{Node, drive};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

fn predict(depth: u32, width: u32) -> u64 {
    // Level d has width^d processes. The sum is (width^(depth + 1) − 1) / (width − 1), but not for width 1.
    (0..=depth).map(|level| u64::from(width).pow(level)).sum()
}

fn build(node: &Node) -> io::Result<()> {
    let mut children = Vec::new();
    for place in node.children() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                place.announce();
                let code = i32::from(build(&place).is_err());
                // The child has its place and its subtree; the rest of this loop is its parent's.
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    // Its own children only: nobody can wait for grandchildren.
    for child in children {
        waitpid(child, None)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(predict, build)
}
