//! Leaves links out of its folder, for whoever cleans up: a symbolic one, a hard one.

use demo::gained;

fn main() {
    let _ = std::os::unix::fs::symlink("@COURSE@", "away");
    let hard = std::fs::hard_link("@COURSE@/Cargo.toml", "hard");
    gained(hard.is_ok());
}
