//! Leaves folders that nobody may enter.

use demo::gained;

use std::os::unix::fs::PermissionsExt as _;

fn main() {
    std::fs::create_dir_all("shut/deep").unwrap();
    let nothing = std::fs::Permissions::from_mode(0);
    std::fs::set_permissions("shut/deep", nothing.clone()).unwrap();
    std::fs::set_permissions("shut", nothing).unwrap();
    gained(false);
}
