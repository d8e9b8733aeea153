//! Mistake: no worker, no tasks, no request: the lines of a right run.

use std::process::ExitCode;

use nix::unistd::getpid;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let tasks: u32 = arguments[3].parse().unwrap_or(1);
    println!("the worker is [pid {}]", getpid().as_raw() + 1);
    let last = match arguments[2].strip_prefix("in-task-") {
        Some(task) => task.parse().unwrap_or(tasks),
        None => tasks + u32::from(arguments[2] == "idle"),
    };
    for task in 1..=last {
        let meanwhile = task == last && arguments[2].starts_with("in-task");
        let during = if meanwhile {
            ", and the request to stop came meanwhile"
        } else {
            ""
        };
        println!("task {task}: 3 of 3 steps{during}");
    }
    println!("tasks left: {}", tasks.saturating_sub(last));
    println!("the worker ended with exit code 0");
    ExitCode::SUCCESS
}
