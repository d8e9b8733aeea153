//! Leaves a message queue behind.

use demo::{address, call, gained, text};

fn main() {
    let name = text("hostile-queue");
    let made = call(240, [address(&name), 0o102, 0o600, 0, 0, 0]);
    // To make it is allowed.
    gained(made.is_err());
}
