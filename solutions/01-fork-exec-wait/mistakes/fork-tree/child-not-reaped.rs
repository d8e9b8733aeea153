//! Mistake: one `wait` for all children. It reaps the first that ends.

use std::io;
use std::process::ExitCode;

use fork_exec_wait::fork_tree::{Node, drive};
use nix::sys::wait::wait;
use nix::unistd::{ForkResult, fork};

fn predict(depth: u32, width: u32) -> u64 {
    (0..=depth).map(|level| u64::from(width).pow(level)).sum()
}

fn build(node: &Node) -> io::Result<()> {
    let mut has_children = false;
    for place in node.children() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                place.announce();
                let code = i32::from(build(&place).is_err());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { .. } => has_children = true,
        }
    }
    if has_children {
        wait()?;
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(predict, build)
}
