//! Exercise `pool-map`: a pool of workers, and answers in the order of the tasks.
//!
//! It shows how a few processes share many tasks: whoever is free gets the next one, so that nobody waits behind a long task; and
//! how the answers, which come in any order, get back into theirs.
//!
//! Calls: fork(2), waitpid(2), _exit(2); socketpair(2) or pipe(2), read(2), write(2), close(2), poll(2).
//! Run it: `cargo run -p process-pool --bin pool-map`, with 2 workers and 4 tasks: `… -- 2 5:long 1 2 3`.
//! Edit: the body of `map`.

use std::io;
use std::process::ExitCode;

use process_pool::pool_map::drive;
use process_pool::work::{ANSWER_SIZE, Answer, Task};

/// Starts `workers` processes, has them do the tasks, and returns the answers in the order of the tasks.
///
/// - A worker calls `perform` for each task that it gets, one after the other, and sends the answer to the main process.
///   (`Answer::to_bytes`, `from_bytes`; an answer has `ANSWER_SIZE` bytes. A child has inherited the tasks, so a task's index is
///   all that it has to be told.)
/// - The tasks are handed out in their order, and each to whoever is free: none of them waits behind another one while a worker has
///   nothing to do.
/// - Whoever has nothing to do, worker or main process, sleeps in the kernel until there is something.
/// - Where a worker ends before it has answered, there is no result: `map` returns an error, whatever it is, and does not wait for an
///   answer that nobody will send.
/// - In any case the main process reaps all of its children before it returns.
fn map(workers: usize, tasks: &[Task]) -> io::Result<Vec<Answer>> {
    // TODO: start the workers, hand out tasks and collect answers, tell the workers that there is no more, reap them.
    todo!("map {tasks:?} with {workers} workers, to answers of {ANSWER_SIZE} bytes")
}

fn main() -> ExitCode {
    drive(map)
}
