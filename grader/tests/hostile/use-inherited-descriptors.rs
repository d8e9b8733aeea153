//! Looks for descriptors that the grader has left open.

use demo::gained;

fn main() {
    // The last is the one by which the folder is read.
    let open = std::fs::read_dir("/proc/self/fd").unwrap().count();
    gained(open > 4);
}
