//! Variant: the closed formula; children are reaped as they end, until there are none.

use std::io;
use std::process::ExitCode;

use fork_exec_wait::fork_tree::{Node, drive};
use nix::errno::Errno;
use nix::sys::wait::wait;
use nix::unistd::fork;

fn predict(depth: u32, width: u32) -> u64 {
    match u64::from(width) {
        1 => u64::from(depth) + 1,
        width => (width.pow(depth + 1) - 1) / (width - 1),
    }
}

fn build(node: &Node) -> io::Result<()> {
    for place in node.children() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        if unsafe { fork() }?.is_child() {
            place.announce();
            let code = if build(&place).is_ok() { 0 } else { 1 };
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
    }
    loop {
        match wait() {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(Errno::ECHILD) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

fn main() -> ExitCode {
    drive(predict, build)
}
