//! Finds out that it is traced, and behaves while it is.

use demo::gained;

fn main() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("TracerPid:"));
    // It does not help: what it does not do, nobody sees.
    gained(line.is_some_and(|line| line.ends_with("\t0")));
}
