//! Makes a child in namespaces of its own.

use demo::{gained, is_refused};

fn main() {
    gained(!is_refused(56, [0x1000_0011, 0, 0, 0, 0, 0]));
}
