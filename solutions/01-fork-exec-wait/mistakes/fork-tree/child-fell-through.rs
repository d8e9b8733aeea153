//! Mistake: the child returns when its subtree is built, into the code that its parent returns to.

use std::io;
use std::process::ExitCode;

use fork_exec_wait::fork_tree::{Node, drive};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

fn predict(depth: u32, width: u32) -> u64 {
    (0..=depth).map(|level| u64::from(width).pow(level)).sum()
}

fn build(node: &Node) -> io::Result<()> {
    let mut children = Vec::new();
    for place in node.children() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                place.announce();
                return build(&place);
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    for child in children {
        waitpid(child, None)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(predict, build)
}
