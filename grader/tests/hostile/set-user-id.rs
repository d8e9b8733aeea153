//! Leaves a program that runs as its owner.

use demo::gained;

use std::os::unix::fs::PermissionsExt as _;

fn main() {
    std::fs::write("mine", "x").unwrap();
    std::fs::set_permissions("mine", std::fs::Permissions::from_mode(0o6755)).unwrap();
    gained(false);
}
