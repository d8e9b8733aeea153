//! Sets limits of the process that runs it.

use demo::{gained, is_refused, parent, word};

fn main() {
    let limit = [1_u64, 1];
    let address = limit.as_ptr() as u64;
    gained(!is_refused(302, [word(parent()), 7, address, 0, 0, 0]));
}
