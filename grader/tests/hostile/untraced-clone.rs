//! Makes a child that its tracer does not get (CLONE_UNTRACED).

use demo::{gained, is_refused};

fn main() {
    gained(!is_refused(56, [0x0080_0011, 0, 0, 0, 0, 0]));
}
