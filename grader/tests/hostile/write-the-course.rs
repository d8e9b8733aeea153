//! Changes the expected output.

use demo::gained;

fn main() {
    let expected = "@COURSE@/labs/10-demo/expected/write-the-course@only.snap";
    gained(std::fs::write(expected, "x").is_ok());
}
