//! Leaves an object whose name a terminal would obey.

use demo::{address, call, gained, text};

fn main() {
    let name = text("\u{1b}[2J\n::error::forged");
    call(133, [address(&name), 0o010_600, 0, 0, 0, 0]).unwrap();
    gained(false);
}
