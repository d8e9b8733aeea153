//! Makes namespaces, in which it would have every right.

use demo::{gained, is_refused};

fn main() {
    gained(!is_refused(272, [0x1000_0000, 0, 0, 0, 0, 0]));
}
