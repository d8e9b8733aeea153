//! Driver of `pool-survives`: workers are killed, and every answer is in the book once.
//!
//! Usage: `pool-survives [WORKERS [TASK…]]` (default: `2 3 8:dies 5 1`), up to 16 workers and 200 tasks. A TASK is a number to be
//! squared, and perhaps a kind:
//!
//! - `9:dies` kills the worker that does it first, in the middle.
//! - `9:dies-after` kills the worker that does it first when it has sent its answer, while the main process enters another one. So the
//!   main process finds both when it looks again: the answer of a worker, and its end.

use std::io;
use std::process::ExitCode;

use crate::program::{Program, print_line};
use crate::work::{self, Answer, Kind, Task};

/// What the student writes: has the tasks done by so many workers, whatever becomes of these, and enters each answer once.
pub type RunPool = fn(workers: usize, tasks: &[Task], book: &mut Book) -> io::Result<()>;

/// The book of answers. What is entered stays: each answer is to be there once, like money that is paid.
#[derive(Debug, Default)]
pub struct Book {
    entries: Vec<Answer>,
}

impl Book {
    /// Enters an answer. To be called by the main process.
    pub fn enter(&mut self, answer: Answer) {
        self.entries.push(answer);
        work::kill_who_is_to_die();
    }
}

/// Runs the exercise.
#[must_use]
pub fn drive(run_pool: RunPool) -> ExitCode {
    let program = Program::begin();
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        arguments = ["2", "3", "8:dies", "5", "1"].map(String::from).into();
    }
    let Some((workers, tasks)) = work::plan(&arguments, &[Kind::Dies, Kind::DiesAfter]) else {
        eprintln!(
            "usage: pool-survives [WORKERS [TASK…]]: up to 16 workers, up to 200 tasks such as 7, 7:dies, 7:dies-after"
        );
        return ExitCode::from(2);
    };
    if let Err(error) = work::begin() {
        eprintln!("pool-survives: no shared memory: {error}");
        return ExitCode::FAILURE;
    }
    let mut book = Book::default();
    let result = run_pool(workers, tasks, &mut book);
    program.only_the_parent_returns_from("run_pool");
    if let Err(error) = &result
        && error.kind() == io::ErrorKind::BrokenPipe
    {
        print_line(
            "gave up: a worker had been killed, and writing to it was taken for a failure of the pool",
        );
    }
    program.end("run_pool", result, |()| print(tasks, &book))
}

fn print(tasks: &[Task], book: &Book) {
    let of = |task: &Task| {
        let index = task.index();
        book.entries.iter().filter(move |it| it.index() == index)
    };
    for (place, task) in (1..).zip(tasks) {
        for answer in of(task) {
            let value = answer.value();
            print_line(&format!(
                "task {place}: {} squared is {value}",
                task.number()
            ));
        }
    }
    if tasks.iter().any(|task| of(task).count() == 0) {
        print_line("lost: some tasks have no answer in the book");
    }
    if tasks.iter().any(|task| of(task).count() > 1) {
        print_line("twice: some answers are in the book more than once");
    }
    if work::was_done_by_main() {
        print_line("made up: the main process did tasks itself");
    } else if !book.entries.iter().all(Answer::is_earned) {
        print_line("made up: some answers are of no worker that has done the task");
    }
}
