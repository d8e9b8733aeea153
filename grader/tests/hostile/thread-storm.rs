//! Makes threads until there are no more.

use demo::{for_ever, gained};

fn main() {
    for _ in 0..100_000 {
        let thread = std::thread::Builder::new().spawn(for_ever);
        if thread.is_err() {
            gained(false);
        }
    }
    gained(true);
}
