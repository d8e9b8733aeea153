//! Mistake: there is no pool: the main process does all tasks itself.

use std::io;
use std::process::ExitCode;

use process_pool::pool_survives::{Book, drive};
use process_pool::work::Task;

fn run_pool(_workers: usize, tasks: &[Task], book: &mut Book) -> io::Result<()> {
    for task in tasks {
        book.enter(task.perform());
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(run_pool)
}
