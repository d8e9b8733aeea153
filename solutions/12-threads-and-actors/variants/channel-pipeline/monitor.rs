//! Variant: a channel made by hand, of a lock and two conditions.

use std::collections::VecDeque;
use std::io;
use std::process::ExitCode;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use threads_and_actors::channel_pipeline::{Product, Results, Task, drive};

struct Inside<T> {
    waiting: VecDeque<T>,
    /// How many have been taken out, and how many somebody has asked for.
    taken: usize,
    asked: usize,
    put: usize,
    is_closed: bool,
}

struct Channel<T> {
    capacity: usize,
    inside: Mutex<Inside<T>>,
    changed: Condvar,
}

impl<T> Channel<T> {
    fn new(capacity: usize) -> Self {
        Self {
            capacity,
            inside: Mutex::new(Inside {
                waiting: VecDeque::new(),
                taken: 0,
                asked: 0,
                put: 0,
                is_closed: false,
            }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inside<T>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, message: T) {
        let mut inside = self.lock();
        // Room in the channel, or somebody who stands there and waits for the message: the same as a capacity of one more for
        // as long as the receiver asks.
        while inside.put >= inside.asked.max(inside.taken) + self.capacity {
            inside = self
                .changed
                .wait(inside)
                .unwrap_or_else(PoisonError::into_inner);
        }
        inside.put += 1;
        inside.waiting.push_back(message);
        self.changed.notify_all();
    }

    fn receive(&self) -> Option<T> {
        let mut inside = self.lock();
        inside.asked = inside.taken + 1;
        self.changed.notify_all();
        while inside.waiting.is_empty() && !inside.is_closed {
            inside = self
                .changed
                .wait(inside)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let message = inside.waiting.pop_front()?;
        inside.taken += 1;
        self.changed.notify_all();
        Some(message)
    }

    fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }
}

fn run_pipeline(numbers: &[u32], capacity: usize, results: &mut Results) -> io::Result<()> {
    let tasks: Channel<Task> = Channel::new(capacity);
    let products: Channel<Product> = Channel::new(capacity);
    thread::scope(|scope| {
        scope.spawn(|| {
            numbers
                .iter()
                .for_each(|number| tasks.send(Task::new(*number)));
            tasks.close();
        });
        scope.spawn(|| {
            while let Some(task) = tasks.receive() {
                products.send(task.multiply());
            }
            products.close();
        });
        while let Some(product) = products.receive() {
            results.take(product);
        }
    });
    Ok(())
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
