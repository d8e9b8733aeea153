//! Makes the process that runs it nicer than all others, so that it comes too late.

use demo::{call, gained, parent, word};

fn main() {
    let by_number = call(141, [0, word(parent()), 19, 0, 0, 0]).is_ok();
    let by_user = call(141, [2, 0, 19, 0, 0, 0]).is_ok();
    gained(by_number || by_user);
}
