//! Makes many processes, each in a session of its own.

use demo::{apart, for_ever};

fn main() {
    for _ in 0..1000 {
        apart(for_ever);
    }
    for_ever();
}
