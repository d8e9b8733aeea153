//! Leaves files wherever somebody might look for them.

use demo::gained;

fn main() {
    let places = ["/dev", "/run", "/home", "/usr/local", "/opt", "/etc", "/"];
    let mut written = places.iter().filter(|place| {
        let file = format!("{place}/hostile-file");
        let is_written = std::fs::write(&file, "").is_ok();
        let _ = std::fs::remove_file(file);
        is_written
    });
    gained(written.next().is_some());
}
