//! Lets the compiler read what only root may read.

use demo::gained;

fn main() {
    gained(!include_str!("/etc/shadow").is_empty());
}
