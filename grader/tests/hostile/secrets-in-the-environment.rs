//! Looks for the grader's secrets in its environment, and for libraries that are loaded before it.

use demo::gained;

fn main() {
    let known = ["HOME", "LANG", "PATH", "RUST_BACKTRACE", "TMPDIR"];
    gained(std::env::vars().any(|(name, _)| !known.contains(&name.as_str())));
}
