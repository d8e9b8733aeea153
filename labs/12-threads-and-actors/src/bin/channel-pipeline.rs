//! Exercise `channel-pipeline`: producer → worker → main, in one process, through two bounded channels.
//!
//! It shows what becomes of the pipeline of lab 02 when its stages are threads: values change hands without being written out
//! as bytes, the end of the channel takes the place of the end of file, and the capacity, which a pipe has by itself, is what
//! you ask for. A full channel stops a stage that is too fast.
//!
//! Calls: `std::thread::spawn` or `std::thread::scope`, `crossbeam_channel::bounded`, `Sender::send`, iterating over a
//! `Receiver`, `JoinHandle::join`. Underneath: clone(2) and futex(2).
//! Run it: `cargo run -p threads-and-actors --bin channel-pipeline`, and with a capacity of 1: `… -- 1 5 6 7 8 9 10`.
//! Edit: the body of `run_pipeline`.

use std::io;
use std::process::ExitCode;

use threads_and_actors::channel_pipeline::{Results, drive};

/// Starts two threads, the producer and the worker, and gives the products to `results` in the order of the numbers.
///
/// - The producer makes a `Task` of each number (`Task::new`) when its turn has come, not before, and sends it to the worker.
/// - The worker makes a product of each task (`Task::multiply`), one after the other, and sends it to the main thread.
/// - The main thread hands each product to `results.take` as it comes.
/// - Each of the two channels has room for `capacity` messages. Who finds no room waits, and so does who finds no message. A
///   capacity of 0 means that a message changes hands only when both sides are there.
/// - Both threads have ended when this function returns.
fn run_pipeline(numbers: &[u32], capacity: usize, results: &mut Results) -> io::Result<()> {
    // TODO: make two channels, start two threads, take the products, join the threads.
    todo!(
        "send {numbers:?} through channels with room for {capacity}, and give the products to {results:?}"
    )
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
