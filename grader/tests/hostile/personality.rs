//! Switches address randomisation off.

use demo::{gained, is_refused};

fn main() {
    gained(!is_refused(135, [0x0004_0000, 0, 0, 0, 0, 0]));
}
