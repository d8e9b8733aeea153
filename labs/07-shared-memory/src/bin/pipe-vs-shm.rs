//! Exercise `pipe-vs-shm`: 80 MB through a pipe and through shared memory, both measured.
//!
//! It shows what a copy costs, and how to measure something that begins in one process and ends in another: with a clock that
//! is the same in both, read where it happens.
//!
//! Calls: pipe(2), fcntl(2) with F_SETPIPE_SZ; mmap(2) with MAP_SHARED; clock_gettime(2) with CLOCK_MONOTONIC; fork(2), waitpid(2).
//! Run it: `cargo run --release -p shared-memory --bin pipe-vs-shm`: the times go to standard error.
//! Edit: the bodies of `through_pipe` and `through_memory`.
//!
//! Where `/dev/shm` is small (in a container of Docker it has 64 MB unless told otherwise: `--shm-size`), an object of `shm_open`
//! has no room for 80 MB. A memfd and an anonymous mapping do not live there.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use shared_memory::pipe_vs_shm::{Payload, drive};

/// Forks a producer that sends the payload through a pipe, takes it in this process, and returns how long that took.
///
/// - The child, the producer, calls `payload.make(from, part)` for one part of the payload after the other and leaves with `_exit(0)`.
/// - The calling process calls `payload.take(from, part)` for every part that comes out of the pipe, and reaps the child.
/// - The time goes from before the first byte is made to after the last one is taken, and no fork belongs to it.
fn through_pipe(payload: Payload) -> io::Result<Duration> {
    // TODO: make a pipe, fork, make and write in the child, read and take in the parent, reap the child.
    todo!("send {} bytes through a pipe", payload.bytes())
}

/// The same through shared memory.
///
/// - The whole payload lies in one shared mapping: it is made there, and it is taken there.
/// - That it is there is said in another way, with a few bytes; the time is taken as above.
fn through_memory(payload: Payload) -> io::Result<Duration> {
    // TODO: map shared memory, fork, make in the child, say so, take in the parent, reap the child, unmap.
    todo!("share {} bytes", payload.bytes())
}

fn main() -> ExitCode {
    drive(through_pipe, through_memory)
}
