//! Takes a descriptor out of another process (pidfd_getfd).

use demo::{call, gained, is_refused};

fn main() {
    let own = call(434, [std::process::id().into(), 0, 0, 0, 0, 0]).unwrap();
    gained(!is_refused(438, [own.cast_unsigned(), 0, 0, 0, 0, 0]));
}
