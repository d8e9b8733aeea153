//! Mistake: no threads and no channels. The main thread does everything, one number after the other.

use std::io;
use std::process::ExitCode;

use threads_and_actors::channel_pipeline::{Results, Task, drive};

fn run_pipeline(numbers: &[u32], _capacity: usize, results: &mut Results) -> io::Result<()> {
    for &number in numbers {
        results.take(Task::new(number).multiply());
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
