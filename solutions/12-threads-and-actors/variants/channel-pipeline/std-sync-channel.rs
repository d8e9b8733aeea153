//! Variant: the bounded channels of the standard library, and threads that own what they need.

use std::io;
use std::process::ExitCode;
use std::sync::mpsc::sync_channel;
use std::thread;

use threads_and_actors::channel_pipeline::{Product, Results, Task, drive};

fn run_pipeline(numbers: &[u32], capacity: usize, results: &mut Results) -> io::Result<()> {
    let (product_sender, products) = sync_channel::<Product>(capacity);
    let (task_sender, tasks) = sync_channel::<Task>(capacity);
    let worker = thread::spawn(move || {
        tasks
            .iter()
            .map(Task::multiply)
            .try_for_each(|product| product_sender.send(product))
    });
    let numbers = numbers.to_vec();
    let producer = thread::spawn(move || {
        let tasks = numbers.into_iter().map(Task::new);
        tasks
            .into_iter()
            .try_for_each(|task| task_sender.send(task))
    });
    products.iter().for_each(|product| results.take(product));
    let panicked = |_| io::Error::other("a stage panicked");
    producer
        .join()
        .map_err(panicked)?
        .map_err(io::Error::other)?;
    worker.join().map_err(panicked)?.map_err(io::Error::other)
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
