//! Variant: threads without a scope, which own what they use.

use std::io;
use std::process::ExitCode;
use std::thread;

use crossbeam_channel::bounded;
use threads_and_actors::channel_pipeline::{Results, Task, drive};

fn run_pipeline(numbers: &[u32], capacity: usize, results: &mut Results) -> io::Result<()> {
    let (task_sender, tasks) = bounded(capacity);
    let (product_sender, products) = bounded(capacity);
    let numbers = numbers.to_vec();
    {
        // `move`: the thread owns its sender, and drops it at its end. Were a sender left anywhere, the next stage would wait for
        // ever for messages that nobody sends.
        let producer = thread::spawn(move || {
            for number in numbers {
                // An error means that the receiver is gone: nobody wants any more tasks.
                if task_sender.send(Task::new(number)).is_err() {
                    break;
                }
            }
        });
        let worker = thread::spawn(move || {
            // The iteration ends when the channel is empty and its last sender is gone: the end of file of a channel.
            for task in tasks {
                if product_sender.send(task.multiply()).is_err() {
                    break;
                }
            }
        });
        // Received before they are joined: while the channels are full, neither thread can end.
        for product in products {
            results.take(product);
        }
        // Joined by hand: so a panic becomes an error here, where the scope would pass it on.
        let ended = [producer.join(), worker.join()];
        if ended.iter().any(Result::is_err) {
            return Err(io::Error::other("a stage panicked"));
        }
        Ok(())
    }
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
