//! Driver of `factorial-pipeline`: numbers go in at the producer, products come out in the main process.
//!
//! Usage: `factorial-pipeline [NUMBER...]` (default 5 6 7 8).
//!
//! Tasks and products carry the ids of the processes that made them, and the witness has seen each
//! one being made: so the driver can say who did the work.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io;
use std::process::ExitCode;
use std::str::FromStr;

use nix::unistd::getpid;
use num_bigint::BigUint;

use crate::program::{Program, print_line};
use crate::witness::{Sighting, Witness};

static WITNESS: Witness = Witness::new();

/// Largest number whose factorial is asked for.
const LARGEST: u32 = 5000;

/// Most numbers: the witness has room for their tasks and products.
const MOST: usize = 500;

/// Kinds of deeds, in the upper half of the witness's notes; the lower half is the number.
const PRODUCED: u64 = 1 << 32;
const MULTIPLIED: u64 = 2 << 32;

/// A number whose factorial is wanted. The producer makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The number.
    pub number: u32,
    producer: i32,
}

impl Task {
    /// A task made by the calling process.
    #[must_use]
    pub fn new(number: u32) -> Self {
        WITNESS.note(PRODUCED | u64::from(number));
        Self {
            number,
            producer: getpid().as_raw(),
        }
    }

    /// The task as one line, newline included: what travels through a pipe.
    #[must_use]
    pub fn to_line(&self) -> String {
        format!("{} {}\n", self.number, self.producer)
    }

    /// Reads a task from its line, with or without the newline.
    ///
    /// # Errors
    ///
    /// `InvalidData` if the line is not a task's.
    pub fn from_line(line: &str) -> io::Result<Self> {
        let mut words = line.split_whitespace();
        let task = Self {
            number: word(&mut words, line)?,
            producer: word(&mut words, line)?,
        };
        end(words, line).map(|()| task)
    }
}

/// The factorial of a task's number. The worker makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The number.
    pub number: u32,
    /// Its factorial.
    pub value: BigUint,
    producer: i32,
    worker: i32,
}

impl Product {
    /// The product for a task, worked out by the calling process.
    #[must_use]
    pub fn new(task: &Task, value: BigUint) -> Self {
        WITNESS.note(MULTIPLIED | u64::from(task.number));
        Self {
            number: task.number,
            value,
            producer: task.producer,
            worker: getpid().as_raw(),
        }
    }

    /// The product as one line, newline included: what travels through a pipe.
    #[must_use]
    pub fn to_line(&self) -> String {
        let Self {
            number,
            value,
            producer,
            worker,
        } = self;
        format!("{number} {producer} {worker} {value}\n")
    }

    /// Reads a product from its line, with or without the newline.
    ///
    /// # Errors
    ///
    /// `InvalidData` if the line is not a product's.
    pub fn from_line(line: &str) -> io::Result<Self> {
        let mut words = line.split_whitespace();
        let product = Self {
            number: word(&mut words, line)?,
            producer: word(&mut words, line)?,
            worker: word(&mut words, line)?,
            value: word(&mut words, line)?,
        };
        end(words, line).map(|()| product)
    }
}

fn word<'a, T: FromStr>(words: &mut impl Iterator<Item = &'a str>, line: &str) -> io::Result<T> {
    let parsed = words.next().and_then(|word| word.parse().ok());
    parsed.ok_or_else(|| not_a_line(line))
}

fn end<'a>(mut words: impl Iterator<Item = &'a str>, line: &str) -> io::Result<()> {
    words.next().map_or(Ok(()), |_| Err(not_a_line(line)))
}

fn not_a_line(line: &str) -> io::Error {
    let start: String = line.chars().take(40).collect();
    let message = format!("neither a task nor a product: {start:?}");
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// What the student writes: start the producer and the worker, and return the products in the order of the numbers.
pub type RunPipeline = fn(numbers: &[u32]) -> io::Result<Vec<Product>>;

/// Runs the exercise.
#[must_use]
pub fn drive(run_pipeline: RunPipeline) -> ExitCode {
    let program = Program::begin();
    let Some(numbers) = numbers() else {
        eprintln!(
            "usage: factorial-pipeline [NUMBER...]: at most {MOST} of them, each at most {LARGEST}"
        );
        return ExitCode::from(2);
    };
    if let Err(error) = WITNESS.begin() {
        eprintln!("factorial-pipeline: no shared memory: {error}");
        return ExitCode::FAILURE;
    }
    print_line(&format!("the main process is [pid {}]", getpid()));
    program.end("run_pipeline", run_pipeline(&numbers), |products| {
        for product in &products {
            let value = abbreviated(&product.value);
            print_line(&format!("{}! = {value}", product.number));
        }
        print_origins(&products);
    })
}

fn numbers() -> Option<Vec<u32>> {
    let parse = |word: String| word.parse().ok().filter(|&number| number <= LARGEST);
    let numbers: Vec<u32> = std::env::args().skip(1).map(parse).collect::<Option<_>>()?;
    match numbers.len() {
        0 => Some(vec![5, 6, 7, 8]),
        count => (count <= MOST).then_some(numbers),
    }
}

/// Long numbers by their ends, length and digit sum.
fn abbreviated(value: &impl Display) -> String {
    let digits = value.to_string();
    if digits.len() <= 40 {
        return digits;
    }
    let sum: u32 = digits.bytes().map(|digit| u32::from(digit - b'0')).sum();
    let (start, end) = (&digits[..12], &digits[digits.len() - 12..]);
    format!("{start}...{end} ({} digits, digit sum {sum})", digits.len())
}

/// Says which processes the products come from, and what is wrong with that.
fn print_origins(products: &[Product]) {
    let main = getpid().as_raw();
    let sightings = WITNESS.sightings();
    let seen = |pid: i32, deed: u64| {
        let is_it = |seen: &Sighting| seen.pid.as_raw() == pid && seen.deed == deed;
        sightings.iter().any(is_it)
    };
    for product in products {
        let number = u64::from(product.number);
        let (producer, worker) = (product.producer, product.worker);
        if !seen(producer, PRODUCED | number) || !seen(worker, MULTIPLIED | number) {
            print_line(&format!("made up: nobody worked out {number}!"));
        } else if producer == main && worker == main {
            print_line(&format!(
                "made up: no other process had to do with {number}!"
            ));
        } else if worker == main {
            print_line(&format!("in the wrong process: main worked out {number}!"));
        } else if worker == producer {
            print_line(&format!(
                "in the wrong process: the producer worked out {number}!"
            ));
        }
    }
    let producers = processes(products.iter().map(|product| product.producer));
    let workers = processes(products.iter().map(|product| product.worker));
    print_line(&format!(
        "numbers from {producers}, products from {workers}"
    ));
}

fn processes(pids: impl Iterator<Item = i32>) -> String {
    let pids: BTreeSet<i32> = pids.collect();
    let marks: Vec<String> = pids.iter().map(|pid| format!("[pid {pid}]")).collect();
    marks.join(" and ")
}
