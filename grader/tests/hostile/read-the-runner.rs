//! Reads the memory of the process that runs it.

use demo::{gained, is_refused, parent, word};

fn main() {
    let memory = std::fs::File::open(format!("/proc/{}/mem", parent())).is_ok();
    let environment = std::fs::read(format!("/proc/{}/environ", parent()));
    let arguments = [word(parent()), 0, 0, 0, 0, 0];
    gained(memory || environment.is_ok_and(|it| !it.is_empty()) || !is_refused(310, arguments));
}
