//! Mistake: walks through the tree and announces each place, in one process.

use std::io;
use std::process::ExitCode;

use fork_exec_wait::fork_tree::{Node, drive};

fn predict(depth: u32, width: u32) -> u64 {
    (0..=depth).map(|level| u64::from(width).pow(level)).sum()
}

fn build(node: &Node) -> io::Result<()> {
    for place in node.children() {
        place.announce();
        build(&place)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(predict, build)
}
