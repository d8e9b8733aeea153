//! Traces the process that runs it (PTRACE_SEIZE).

use demo::{gained, is_refused, parent, word};

fn main() {
    gained(!is_refused(101, [0x4206, word(parent()), 0, 0, 0, 0]));
}
