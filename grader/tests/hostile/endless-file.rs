//! Writes one file without end.

use demo::gained;

use std::io::Write as _;

fn main() {
    let mut file = std::fs::File::create("file").unwrap();
    let block = vec![0_u8; 1 << 20];
    while file.write_all(&block).is_ok() {}
    gained(false);
}
