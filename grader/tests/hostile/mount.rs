//! Mounts, unmounts and changes its root.

use demo::{gained, is_refused};

fn main() {
    let calls = [165, 166, 155, 161, 428, 429, 430, 442];
    gained(!calls.into_iter().all(|number| is_refused(number, [0; 6])));
}
