//! Exercise `fork-tree`: exactly as many processes as you meant.
//!
//! It shows that after fork two processes run the same code from the same place: a child that goes on in its
//! parent's loop forks as well, and so do its children. Who forks, and who leaves, must be said.
//!
//! Calls: fork(2), waitpid(2), _exit(2).
//! Run it: `cargo run -p fork-exec-wait --bin fork-tree -- 2 3` for a tree of depth 2 in which each node above the
//! lowest level has 3 children. Draw it first. `pstree -p` shows the tree of your own session.
//! Edit: the bodies of `predict` and `build`.

use std::io;
use std::process::ExitCode;

use fork_exec_wait::fork_tree::{Node, drive};

/// How many processes a tree of this `depth` and `width` has, the root included. The root is at depth 0.
fn predict(depth: u32, width: u32) -> u64 {
    // TODO: count the processes level by level.
    todo!("count the processes of a tree of depth {depth} and width {width}")
}

/// Makes a process for each place below `node`, which is the place of the calling process.
///
/// - Each of `node.children()` becomes a child of this process. It announces its place once
///   (`Node::announce`), makes the processes below itself, and leaves with `_exit`.
/// - Every process reaps its own children.
fn build(node: &Node) -> io::Result<()> {
    // TODO: fork for each child place; the child builds on from there; reap the children.
    todo!("build the processes below {node:?}")
}

fn main() -> ExitCode {
    drive(predict, build)
}
