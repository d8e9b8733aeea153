//! Driver of `spawn-workers`: hands out the jobs, reports the workers' exit codes in the jobs' order.
//!
//! Usage: `spawn-workers [NUMBER…]`: up to 16 numbers from 0 to 300 (default 5 6 7 8). `spawn-workers measure COUNT` tells on standard
//! error what a process costs that is started and waited for; that is no part of the exercise.

use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::{getpid, pipe2, read, write};

use crate::evidence::{Ledger, has_children};
use crate::program::{Program, print_line};

/// The work of one process: the factorial of a number.
#[derive(Debug, Clone)]
pub struct Job {
    number: u16,
    index: usize,
    /// None where processes are measured: there, nobody waits for the others.
    site: Option<Rc<Site>>,
}

impl Job {
    /// Begins the job in the calling process, which must be a worker, and returns its number.
    ///
    /// The workers are to run at the same time: this waits until every job has been begun by somebody.
    #[must_use]
    pub fn begin(&self) -> u16 {
        let begun = self.site.as_ref().map(|site| site.begin(self.index));
        if let Some(Err(error)) = begun {
            eprintln!("[pid {}] cannot begin its job: {error}", getpid());
        }
        self.number
    }
}

/// What all workers share: the ledger of who began what, and the gate that opens when all have begun.
#[derive(Debug)]
struct Site {
    ledger: Ledger,
    jobs: usize,
    gate_out: OwnedFd,
    gate_in: OwnedFd,
}

impl Site {
    fn open(jobs: usize) -> io::Result<Self> {
        let (gate_out, gate_in) = pipe2(OFlag::O_CLOEXEC)?;
        Ok(Self {
            ledger: Ledger::open()?,
            jobs,
            gate_out,
            gate_in,
        })
    }

    /// The gate is a pipe that is empty while it is shut. The last one to begin puts a byte in; each one
    /// that waits takes the byte and puts it back for the next.
    fn begin(&self, job: usize) -> io::Result<()> {
        self.ledger.note(job, 0)?;
        let entries = self.ledger.entries()?;
        let all_begun = (0..self.jobs).all(|job| entries.iter().any(|entry| entry.task == job));
        // The main program is no worker. If it begins a job, the report will say so.
        if !all_begun && !self.ledger.is_main() {
            while read(&self.gate_out, &mut [0]) == Err(Errno::EINTR) {}
        }
        if all_begun || !self.ledger.is_main() {
            while write(&self.gate_in, b"!") == Err(Errno::EINTR) {}
        }
        Ok(())
    }
}

/// What the student writes: a process for each job, and their exit codes in the jobs' order.
pub type SpawnWorkers = fn(jobs: &[Job]) -> nix::Result<Vec<i32>>;

/// Runs the exercise.
#[must_use]
pub fn drive(spawn_workers: SpawnWorkers) -> ExitCode {
    let program = Program::begin();
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(count) = to_measure(&words) {
        return measure(&program, spawn_workers, count);
    }
    let Some(numbers) = numbers(&words) else {
        eprintln!("usage: spawn-workers [NUMBER…]: up to 16 numbers from 0 to 300 | measure COUNT");
        return ExitCode::from(2);
    };
    let site = match Site::open(numbers.len()) {
        Ok(site) => Rc::new(site),
        Err(error) => {
            eprintln!("spawn-workers cannot make its ledger: {error}");
            return ExitCode::FAILURE;
        }
    };
    let jobs: Vec<Job> = numbers
        .iter()
        .enumerate()
        .map(|(index, &number)| Job {
            number,
            index,
            site: Some(Rc::clone(&site)),
        })
        .collect();
    let codes = spawn_workers(&jobs);
    program.end("spawn_workers", codes, |codes| {
        let entries = site.ledger.entries().unwrap_or_default();
        for (index, number) in numbers.iter().enumerate() {
            let entry = entries.iter().find(|entry| entry.task == index);
            let worker = entry.map_or(String::new(), |entry| format!(" [pid {}]", entry.pid));
            match codes.get(index) {
                Some(code) => {
                    let whose = whose(*code, index, &numbers);
                    print_line(&format!(
                        "worker{worker} of {number} ended with {code}{whose}"
                    ));
                }
                None => print_line(&format!("worker{worker} of {number} ended somehow")),
            }
        }
        // A worker that nobody has waited for may not have begun yet.
        if !has_children() {
            let faked = site.ledger.tasks_without_own_process(numbers.len());
            for job in faked.unwrap_or_default() {
                print_line(&format!("{}! had no process of its own", numbers[job]));
            }
        }
    })
}

/// How many processes, if the program was started as `… measure COUNT`.
fn to_measure(words: &[String]) -> Option<usize> {
    match words {
        [word, count] if word == "measure" => {
            count.parse().ok().filter(|it| (1..=1000).contains(it))
        }
        _ => None,
    }
}

/// From the first fork to the last wait.
fn measure(program: &Program, spawn_workers: SpawnWorkers, count: usize) -> ExitCode {
    let job = |index| Job {
        number: 5,
        index,
        site: None,
    };
    let jobs: Vec<Job> = (0..count).map(job).collect();
    let begun = Instant::now();
    let codes = spawn_workers(&jobs);
    let each = begun.elapsed().as_nanos() as f64 / count as f64;
    program.end("spawn_workers", codes, |_| {
        eprintln!("{count} processes started and waited for: {each:.1} ns each");
    })
}

/// What is to be said of a code that is not the worker's own, but that of another one.
fn whose(code: i32, index: usize, numbers: &[u16]) -> &'static str {
    let code_of = |number: &u16| i32::from(number % 256);
    // 0 is also what stands where no status was taken.
    if code == 0 {
        return "";
    }
    if numbers.get(index).map(code_of) != Some(code) && numbers.iter().any(|it| code_of(it) == code)
    {
        ", as another worker should"
    } else {
        ""
    }
}

/// Lines of up to 300! fit the buffer of `println!` (1,024 bytes), so each is one `write(2)`, and lines
/// of several workers do not mix.
fn numbers(words: &[String]) -> Option<Vec<u16>> {
    let numbers: Vec<u16> = words
        .iter()
        .map(|number| number.parse().ok())
        .collect::<Option<_>>()?;
    match numbers.len() {
        0 => Some(vec![5, 6, 7, 8]),
        1..=16 if numbers.iter().all(|&number| number <= 300) => Some(numbers),
        _ => None,
    }
}
