//! Lets the compiler read the grader's environment.

use demo::gained;

fn main() {
    gained(!env!("HOSTILE_SECRET").is_empty());
}
