//! Prints without end.

use std::io::Write as _;

fn main() {
    let block = vec![b'x'; 1 << 16];
    while std::io::stdout().write_all(&block).is_ok() {}
}
