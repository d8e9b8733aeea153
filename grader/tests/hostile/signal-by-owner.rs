//! Lets the kernel signal the process that runs it, as the owner of a socket (F_SETOWN).

use demo::{call, gained, parent, word};

use std::os::fd::AsRawFd as _;

fn main() {
    let (one, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let owned = call(72, [word(one.as_raw_fd()), 8, word(parent()), 0, 0, 0]);
    // In namespaces of the run's own that process cannot be harmed, and the call may succeed.
    gained(owned.is_ok() && parent() != 1);
}
