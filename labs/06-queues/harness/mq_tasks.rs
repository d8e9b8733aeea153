//! Driver of `mq-tasks`: tasks that a worker gets through a message queue.
//!
//! Usage: `mq-tasks [SIZE...]` (default `5 12 64`): a task of each size, in bytes. `mq-tasks measure COUNT` tells on standard error what a
//! message costs, for so many short ones; that is no part of the exercise.

use std::io;
use std::process::ExitCode;
use std::time::Instant;

use nix::unistd::getpid;

use crate::program::{Program, print_line, say};
use crate::queue::{Name, UNAVAILABLE, refusal};

/// The largest task in bytes.
const LARGEST: usize = 64;

/// What is to be done.
#[derive(Debug)]
pub struct Plan {
    /// The queue's name, which begins with a slash and has no other. Nobody else uses it.
    pub queue: String,
    /// How many messages the queue is to hold.
    pub capacity: i64,
    /// The size in bytes of the largest message that it is to take.
    pub message_size: i64,
    /// The tasks in their order, at least a byte each.
    pub tasks: Vec<Vec<u8>>,
}

/// How many messages a queue holds whose messages are measured, and where the system allows only its default, see mq_overview(7).
const ROOMY: [i64; 2] = [1024, 10];

/// The size in bytes of a message that is measured.
const SHORT: usize = 8;

/// The one who does the tasks. It belongs to the child.
#[derive(Debug, Default)]
pub struct Worker {
    done: usize,
    /// Where messages are measured: since the first one.
    begun: Option<Instant>,
    measures: bool,
}

impl Worker {
    /// Does a task: the bytes of one message.
    pub fn perform(&mut self, task: &[u8]) {
        self.done += 1;
        if self.measures {
            self.begun.get_or_insert_with(Instant::now);
            return;
        }
        let state = if task == self::task(self.done, task.len()) {
            "intact"
        } else {
            "damaged"
        };
        say(&format!(
            "task {}: {} bytes, {state}",
            self.done,
            task.len()
        ));
    }

    /// To be called when the message without bytes has come: there are no more tasks.
    pub fn finish(&mut self) {
        if let Some(begun) = self.begun {
            let each = begun.elapsed().as_nanos() as f64 / self.done.max(1) as f64;
            eprintln!("{} messages through a queue: {each:.1} ns each", self.done);
            return;
        }
        say(&format!("no more tasks after {}", self.done));
    }
}

fn task(number: usize, size: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().skip(number).take(size).collect()
}

/// What the student writes: fork a worker that gets the tasks through the queue.
pub type RunTasks = fn(plan: &Plan, worker: &mut Worker) -> io::Result<()>;

/// Runs the exercise.
#[must_use]
pub fn drive(run_tasks: RunTasks) -> ExitCode {
    let program = Program::begin();
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(count) = to_measure(&words) {
        return measure(run_tasks, count);
    }
    let Some(sizes) = sizes(&words) else {
        eprintln!("usage: mq-tasks [SIZE...]: sizes from 1 to {LARGEST} | measure COUNT");
        return ExitCode::from(2);
    };
    let (capacity, message_size) = (4, LARGEST as i64);
    let name = match Name::new("mq-tasks", capacity, message_size) {
        Ok(name) => name,
        Err(error) => {
            eprintln!("mq-tasks: {}", refusal(error));
            return ExitCode::from(UNAVAILABLE);
        }
    };
    let tasks = sizes.iter().enumerate();
    let plan = Plan {
        queue: name.as_str().to_owned(),
        capacity,
        message_size,
        tasks: tasks.map(|(at, size)| task(at + 1, *size)).collect(),
    };
    print_line(&format!(
        "[pid {}] has {} tasks for a queue of {capacity} messages",
        getpid(),
        sizes.len()
    ));
    let result = run_tasks(&plan, &mut Worker::default());
    program.only_the_parent_returns_from("run_tasks");
    if name.remove() == Ok(true) {
        print_line("left behind: the queue still had its name");
    }
    program.end("run_tasks", result, |()| print_line("all tasks are done"))
}

/// How many messages, if the program was started as `… measure COUNT`.
fn to_measure(words: &[String]) -> Option<usize> {
    match words {
        [word, count] if word == "measure" => count.parse().ok(),
        _ => None,
    }
}

/// Many short messages, of which nobody tells.
fn measure(run_tasks: RunTasks, count: usize) -> ExitCode {
    let made = ROOMY.iter().find_map(|&capacity| {
        let name = Name::new("mq-tasks", capacity, SHORT as i64).ok()?;
        Some((name, capacity))
    });
    let Some((name, capacity)) = made else {
        eprintln!("mq-tasks: no queue");
        return ExitCode::from(UNAVAILABLE);
    };
    let plan = Plan {
        queue: name.as_str().to_owned(),
        capacity,
        message_size: SHORT as i64,
        tasks: vec![vec![b'.'; SHORT]; count],
    };
    let mut worker = Worker {
        measures: true,
        ..Worker::default()
    };
    let program = Program::begin();
    let result = run_tasks(&plan, &mut worker);
    program.only_the_parent_returns_from("run_tasks");
    let _ = name.remove();
    program.end("run_tasks", result, |()| {})
}

fn sizes(words: &[String]) -> Option<Vec<usize>> {
    let parse = |word: &String| {
        word.parse()
            .ok()
            .filter(|size| (1..=LARGEST).contains(size))
    };
    let sizes: Vec<usize> = words.iter().map(parse).collect::<Option<_>>()?;
    Some(if sizes.is_empty() {
        vec![5, 12, LARGEST]
    } else {
        sizes
    })
}
