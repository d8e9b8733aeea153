//! Mistake: there is no pool: the main process does all tasks itself.

use std::io;
use std::process::ExitCode;

use process_pool::pool_map::drive;
use process_pool::work::{Answer, Task};

fn map(_workers: usize, tasks: &[Task]) -> io::Result<Vec<Answer>> {
    Ok(tasks.iter().map(Task::perform).collect())
}

fn main() -> ExitCode {
    drive(map)
}
