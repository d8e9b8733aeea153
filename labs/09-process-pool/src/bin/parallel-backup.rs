//! Exercise `parallel-backup`: copies that are whole or not there, whatever happens.
//!
//! It shows a pool whose tasks change something outside: each copies a file. Any worker can be killed before any of its system calls,
//! and at no moment may a backup be seen that is half the old one, half the new one, or shorter than it should be.
//!
//! Calls: fork(2), waitpid(2), _exit(2), and those of your pool; open(2), read(2), write(2), fsync(2), rename(2).
//! Run it: `cargo run -p process-pool --bin parallel-backup`; it works in a folder under /tmp, and removes it. The grader kills it.
//! Edit: the body of `back_up`. What you wrote for `pool-map` is a good beginning.

use std::io;
use std::process::ExitCode;

use process_pool::parallel_backup::{Source, drive};

/// Copies each source to its backup with `workers` processes, and returns how many bytes each copy has, in the order of the sources.
///
/// - Each source is a task: a worker copies `source.path` to `source.backup`, and sends the number of bytes to the main process.
/// - A backup appears under its name in one step, and replaces an older one in one step: there is no moment without one. Its content is
///   synced before that, by fsync(2) or fdatasync(2).
/// - A worker may have been killed in an earlier run. What it has left does not disturb, and is gone after a run that succeeds.
/// - Where a worker ends before it has answered, `back_up` returns an error. In any case it reaps all of its children.
fn back_up(workers: usize, sources: &[Source]) -> io::Result<Vec<u64>> {
    // TODO: start the workers, hand out the sources; in a worker: copy to a temporary name, sync, rename.
    todo!("back up {sources:?} with {workers} workers")
}

fn main() -> ExitCode {
    drive(back_up)
}
