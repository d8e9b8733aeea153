//! Lets the compiler read the environment of the process that runs it.

use demo::gained;

fn main() {
    gained(!include_bytes!("/proc/1/environ").is_empty());
}
