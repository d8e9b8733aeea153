//! Leaves a daemon behind: two forks, a session of its own, no descriptors.

use demo::{apart, call, for_ever, gained};

fn main() {
    apart(|| {
        apart(|| {
            for descriptor in 0..3 {
                let _ = call(3, [descriptor, 0, 0, 0, 0, 0]);
            }
            for_ever();
        })
    });
    gained(false);
}
