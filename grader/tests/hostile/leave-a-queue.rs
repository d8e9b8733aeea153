//! Leaves a message queue behind.

use demo::{address, call, gained, text};

fn main() {
    let name = text("hostile-queue");
    // To make it is allowed, where it can be removed again.
    let _ = call(240, [address(&name), 0o102, 0o600, 0, 0, 0]);
    gained(false);
}
