//! Asks to be traced by its parent (PTRACE_TRACEME).

use demo::{gained, is_refused};

fn main() {
    gained(!is_refused(101, [0; 6]));
}
