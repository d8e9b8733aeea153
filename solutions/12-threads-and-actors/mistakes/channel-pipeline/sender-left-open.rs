//! Mistake: the threads get clones of the senders, and the originals stay in the function that receives. The channels
//! never end.

use std::io;
use std::process::ExitCode;
use std::thread;

use crossbeam_channel::bounded;
use threads_and_actors::channel_pipeline::{Results, Task, drive};

fn run_pipeline(numbers: &[u32], capacity: usize, results: &mut Results) -> io::Result<()> {
    let (task_sender, tasks) = bounded(capacity);
    let (product_sender, products) = bounded(capacity);
    // The scope joins both threads before it returns, so they may borrow `numbers`.
    thread::scope(|scope| {
        let sender = task_sender.clone();
        let producer = scope.spawn(move || {
            for &number in numbers {
                // An error means that the receiver is gone: nobody wants any more tasks.
                if sender.send(Task::new(number)).is_err() {
                    break;
                }
            }
        });
        let sender = product_sender.clone();
        let worker = scope.spawn(move || {
            // The iteration ends when the channel is empty and its last sender is gone: the end of file of a channel.
            for task in tasks {
                if sender.send(task.multiply()).is_err() {
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
    })
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
