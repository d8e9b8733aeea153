//! Reads what only root may read.

use demo::gained;

fn main() {
    let files = ["/etc/shadow", "/etc/gshadow", "/root/.bashrc", "/root/.profile"];
    gained(files.iter().any(|file| std::fs::read(file).is_ok()));
}
