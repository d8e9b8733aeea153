//! Driver of `pool-map`: tasks that take different times, and what the pool makes of them.
//!
//! Usage: `pool-map [WORKERS [TASK…]]` (default: `3 4:long 9 2 7 5 8`), up to 16 workers and 200 tasks. A TASK is a number to be
//! squared, and perhaps a kind:
//!
//! - `9:long` does not end before all tasks have been done that are not long. So a pool that deals out its tasks in advance never ends:
//!   some wait behind a long one. There must be more workers than long tasks.
//! - `9:dies` kills the worker that does it.

use std::io;
use std::process::ExitCode;

use crate::program::{Program, print_line};
use crate::work::{self, Answer, Kind, Task};

/// What the student writes: has the tasks done by so many workers, and returns the answers in the order of the tasks.
pub type Map = fn(workers: usize, tasks: &[Task]) -> io::Result<Vec<Answer>>;

/// Runs the exercise.
#[must_use]
pub fn drive(map: Map) -> ExitCode {
    let program = Program::begin();
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        arguments = ["3", "4:long", "9", "2", "7", "5", "8"]
            .map(String::from)
            .into();
    }
    let Some((workers, tasks)) = work::plan(&arguments, &[Kind::Long, Kind::Dies]) else {
        eprintln!(
            "usage: pool-map [WORKERS [TASK…]]: up to 16 workers, up to 200 tasks such as 7, 7:long, 7:dies, and fewer long ones than workers"
        );
        return ExitCode::from(2);
    };
    if let Err(error) = work::begin() {
        eprintln!("pool-map: no shared memory: {error}");
        return ExitCode::FAILURE;
    }
    let result = map(workers, tasks);
    program.only_the_parent_returns_from("map");
    if work::was_done_by_main() {
        print_line("made up: the main process did tasks itself");
    }
    if let Err(error) = &result
        && work::has_killed()
    {
        eprintln!("map failed, as it should: {error}");
        print_line("no answers: a worker was killed in the middle of a task");
        return ExitCode::SUCCESS;
    }
    program.end("map", result, |answers| {
        print(tasks, &answers);
        if work::has_killed() {
            print_line("no error: a worker was killed in the middle of a task, and `map` has returned answers all the same");
        }
    })
}

fn print(tasks: &[Task], answers: &[Answer]) {
    let given = || answers.iter().map(Answer::index);
    for (place, answer) in (1..).zip(answers) {
        let number = tasks[answer.index()].number();
        print_line(&format!(
            "answer {place}: {number} squared is {}",
            answer.value()
        ));
    }
    let mut sorted: Vec<usize> = given().collect();
    sorted.sort_unstable();
    let is_complete = sorted.iter().copied().eq(0..tasks.len());
    if is_complete && !given().is_sorted() {
        print_line("out of order: the answers are not in the order of the tasks");
    }
    if !answers.iter().all(Answer::is_earned) {
        print_line("made up: some answers are of no worker that has done the task");
    }
}
