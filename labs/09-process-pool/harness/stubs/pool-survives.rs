//! Exercise `pool-survives`: a worker is killed, and nothing is lost and nothing is done twice.
//!
//! It shows what a pool has to know in order to go on: who has which task in hand, whose answer has come, and in which order to
//! believe two pieces of news that come together, an answer and an end.
//!
//! Calls: fork(2), waitpid(2), _exit(2); socketpair(2) or pipe(2), read(2), write(2) and its EPIPE, close(2); poll(2), pidfd_open(2).
//! Run it: `cargo run -p process-pool --bin pool-survives`, with one worker: `… -- 1 5 6:dies 7`; and with one that is killed when it
//! has answered: `… -- 2 1 2:dies-after 3 4 5`.
//! Edit: the body of `run_pool`. What you wrote for `pool-map` is a good beginning.

use std::io;
use std::process::ExitCode;

use process_pool::pool_survives::{Book, drive};
use process_pool::work::{ANSWER_SIZE, Task};

/// Has the tasks done by `workers` processes, and enters each answer into the book, once.
///
/// - A worker calls `perform` for each task that it gets, one after the other, and sends the answer to the main process.
///   (`Answer::to_bytes`, `from_bytes`; an answer has `ANSWER_SIZE` bytes. A child has inherited the tasks, so a task's index is
///   all that it has to be told.) The tasks are handed out in their order, each to whoever is free.
/// - The main process calls `book.enter` for each answer, best as soon as it comes.
/// - A worker can be killed at any time: in the middle of a task, or when it has answered and has nothing to do.
///   A task that was in its hands, and of which no answer has come, is done again. A killed worker is replaced while there is work.
/// - At the end the main process has reaped all of its children, the killed ones too.
fn run_pool(workers: usize, tasks: &[Task], book: &mut Book) -> io::Result<()> {
    // TODO: start the workers, hand out tasks, enter answers; when a worker has ended, have its task done again and replace it.
    todo!(
        "run {tasks:?} with {workers} workers, enter answers of {ANSWER_SIZE} bytes into {book:?}"
    )
}

fn main() -> ExitCode {
    drive(run_pool)
}
