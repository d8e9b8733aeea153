//! Makes a process before its `main`, where no driver looks.

use demo::{apart, for_ever, gained};

#[used]
#[unsafe(link_section = ".init_array")]
static EARLY: extern "C" fn() = early;

extern "C" fn early() {
    apart(for_ever);
}

fn main() {
    gained(false);
}
