//! Exercise `shared-array`: ten million numbers for another process, and not one of them copied.
//!
//! It shows how two processes get the same memory, that an object has to be given its size before it is touched, and that
//! shared memory says nothing: that the array is full has to be learned in another way.
//!
//! Calls: mmap(2) with MAP_SHARED; memfd_create(2) or shm_open(3) with ftruncate(2), or MAP_ANONYMOUS; fork(2), waitpid(2).
//! Run it: `cargo run -p shared-memory --bin shared-array`, and with less: `… --bin shared-array 1000`.
//! Edit: the body of `share_array`.
//!
//! Where `/dev/shm` is small (in a container of Docker it has 64 MB unless told otherwise: `--shm-size`), an object of `shm_open`
//! has no room for 80 MB, and touching it raises SIGBUS. A memfd and an anonymous mapping do not live there.

use std::io;
use std::process::ExitCode;

use shared_memory::shared_array::{Numbers, drive};

/// Forks a writer, and returns the sum of the numbers that it has left in an array of `f64` in shared memory.
///
/// - The child, the writer, calls `numbers.fill(array)` and leaves with `_exit(0)`.
/// - The calling process, the reader, sleeps until the array is full, and then calls `numbers.sum(array)`.
/// - Both arrays, of `numbers.count()` places, are the same memory: the numbers are copied nowhere.
/// - The writer is reaped, and an object that has a name is removed.
fn share_array(numbers: Numbers) -> io::Result<f64> {
    // TODO: make shared memory, fork, fill it in the child, wait, add it up, clean up.
    todo!("share {} numbers", numbers.count())
}

fn main() -> ExitCode {
    drive(share_array)
}
