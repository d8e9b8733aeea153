//! Writes a record in place of the process that runs it, through that one's standard output.

use demo::{gained, parent};

fn main() {
    let record = r#"{"version":2,"ending":{"how":"exited","code":0},"stdout":"right\n"}"#;
    gained(std::fs::write(format!("/proc/{}/fd/1", parent()), record).is_ok());
}
