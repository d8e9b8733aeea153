//! Forks without end, and every child does.

use demo::child;

fn main() {
    loop {
        child(main);
    }
}
