//! Makes calls by the numbers of the x32 ABI, which no filter lists.

use demo::{call, gained};

fn main() {
    gained(call(0x4000_0000 | 39, [0; 6]) != Err(38));
}
