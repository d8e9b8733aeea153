//! The same by the newer call, whose flags no filter can see.

use demo::{call, gained};

fn main() {
    gained(call(435, [0; 6]) != Err(38));
}
