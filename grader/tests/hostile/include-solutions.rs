//! Lets the compiler read the reference answers.

#[path = "@COURSE@/solutions/10-demo/src/bin/control.rs"]
mod solution;

fn main() {
    solution::main();
}
