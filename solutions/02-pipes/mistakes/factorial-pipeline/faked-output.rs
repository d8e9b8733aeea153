//! Mistake: no processes and no pipes. The main process makes the tasks and the products itself.

use std::io;
use std::process::ExitCode;

use num_bigint::BigUint;
use pipes::factorial_pipeline::{Product, Task, drive};

fn factorial(number: u32) -> BigUint {
    (1..=number).map(BigUint::from).product()
}

fn run_pipeline(numbers: &[u32]) -> io::Result<Vec<Product>> {
    let tasks = numbers.iter().map(|&number| Task::new(number));
    Ok(tasks
        .map(|task| Product::new(&task, factorial(task.number)))
        .collect())
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
