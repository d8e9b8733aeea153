//! Signals the process that runs it by its folder in `/proc`, which is as good as a descriptor of it.

use demo::{call, gained, parent, word};

use std::os::fd::AsRawFd as _;

fn main() {
    let Ok(folder) = std::fs::File::open(format!("/proc/{}", parent())) else {
        gained(false);
    };
    let descriptor = word(folder.as_raw_fd());
    gained(call(424, [descriptor, 0, 0, 0, 0, 0]).is_ok());
}
