//! Kills the process that runs it.

use demo::{call, gained, parent, word};

fn main() {
    let _ = call(62, [word(parent()), 9, 0, 0, 0, 0]);
    // Whoever reads this was not helped by it.
    gained(false);
}
