//! Driver of `prefork-workers`: processes that are there before the work is.
//!
//! Usage: `prefork-workers [REQUESTS…]` (default `3 1 4 2`): a worker for each number, at whose desk so many requests wait. Up to 16
//! workers, up to 100,000 requests each.

use std::process::ExitCode;

use nix::unistd::{Pid, getpid};

use crate::program::{Program, print_line, say};

const MOST_WORKERS: usize = 16;
const MOST_REQUESTS: u32 = 100_000;

/// The requests that wait for one worker. They are in the memory of the process that uses it.
#[derive(Debug)]
pub struct Desk {
    number: usize,
    waiting: u32,
    served: u32,
    main: Pid,
}

impl Desk {
    /// Serves a request; false if there is none left.
    pub fn serve(&mut self) -> bool {
        if self.served == 0 {
            let whose = if getpid() == self.main {
                "the main program"
            } else {
                "a worker"
            };
            say(&format!("{whose} serves at desk {}", self.number));
        }
        if self.waiting == 0 {
            say(&format!(
                "desk {} is empty after {} requests",
                self.number, self.served
            ));
            return false;
        }
        self.waiting -= 1;
        self.served += 1;
        true
    }
}

/// What the student writes: a process for each desk, and how many requests each has served.
pub type Prefork = fn(desks: &mut [Desk]) -> nix::Result<Vec<u32>>;

/// Runs the exercise.
#[must_use]
pub fn drive(prefork: Prefork) -> ExitCode {
    let program = Program::begin();
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if words.is_empty() {
        words = ["3", "1", "4", "2"].map(String::from).into();
    }
    let numbers: Option<Vec<u32>> = words.iter().map(|word| word.parse().ok()).collect();
    let is_possible = |numbers: &Vec<u32>| {
        numbers.len() <= MOST_WORKERS && numbers.iter().all(|it| (1..=MOST_REQUESTS).contains(it))
    };
    let Some(numbers) = numbers.filter(is_possible) else {
        eprintln!(
            "usage: prefork-workers [REQUESTS…]: up to {MOST_WORKERS} numbers from 1 to {MOST_REQUESTS}"
        );
        return ExitCode::from(2);
    };
    let main = getpid();
    let mut desks: Vec<Desk> = (1..)
        .zip(numbers)
        .map(|(number, waiting)| Desk {
            number,
            waiting,
            served: 0,
            main,
        })
        .collect();
    let result = prefork(&mut desks);
    program.end("prefork", result, |counts| {
        for (number, count) in (1..).zip(&counts) {
            print_line(&format!("worker {number}: {count} requests"));
        }
        print_line(&format!("{} requests in all", counts.iter().sum::<u32>()));
    })
}
