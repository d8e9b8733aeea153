//! Looks for programs that were built before, reference answers among them.

use demo::gained;

fn main() {
    gained(std::fs::read_dir("@COURSE@/target/forklings/programs").is_ok());
}
