//! Driver of `spawn-fresh`: as the main program it has the workers started, in a worker it does the task.
//!
//! Usage: `spawn-fresh [--factor FACTOR] NUMBER…` (default: `--factor 3 4 7 10`). How a worker is told its task is the
//! student's choice, so the driver asks `received_task` first. A fresh program that has no task but was
//! started by this very program is a main program too many: it says so and ends.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd::{getpid, getppid, read, write};

use crate::program::{Program, print_line, say};
use crate::witness::{ChildWitness, close_inherited_at_exec, report_leaked_descriptors};

/// A state of the main program's, in its memory: 1 when the program starts, changed before any worker does.
static FACTOR: AtomicU64 = AtomicU64::new(1);

/// Set by the main program, inherited by all that come of it.
const MAIN_PROGRAM: &str = "FORKLINGS_SPAWN_FRESH";

/// Exit code of a fresh program that takes itself for the main program.
const RESPAWNED: u8 = 71;

/// The factor that this process has in its memory.
#[must_use]
pub fn factor() -> u64 {
    FACTOR.load(Ordering::Relaxed)
}

/// What a worker is to do: multiply the number by the factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// The worker's own number. It exits with its last two digits.
    pub number: u64,
    /// The main program's factor.
    pub factor: u64,
}

/// What the student writes for the main program: start a worker for each number and return the exit
/// codes in the order of the numbers.
pub type RunWorkers = fn(numbers: &[u64], connection: BorrowedFd<'_>) -> io::Result<Vec<i32>>;

/// What the student writes for the worker: the task that it was passed; `None` in the main program.
pub type ReceivedTask = fn() -> Option<Task>;

/// Runs the exercise.
#[must_use]
pub fn drive(run_workers: RunWorkers, received_task: ReceivedTask) -> ExitCode {
    if let Some(task) = received_task() {
        return work(task);
    }
    if started_by_this_program() {
        say("respawned: this fresh program found no task and would start all workers again");
        return ExitCode::from(RESPAWNED);
    }
    let (factor, numbers) = match parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("usage: spawn-fresh [--factor FACTOR] NUMBER…: {error}");
            return ExitCode::from(2);
        }
    };
    match lead(run_workers, factor, &numbers) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("the driver failed: {error}");
            ExitCode::from(2)
        }
    }
}

/// The main program.
fn lead(run_workers: RunWorkers, factor: u64, numbers: &[u64]) -> nix::Result<ExitCode> {
    let program = Program::begin();
    close_inherited_at_exec();
    // SAFETY: the program has one thread, so nobody reads the environment meanwhile.
    unsafe { std::env::set_var(MAIN_PROGRAM, getpid().to_string()) };
    FACTOR.store(factor, Ordering::Relaxed);
    let (connection, peer) = socketpair(
        AddressFamily::Unix,
        SockType::Stream,
        None,
        SockFlag::empty(), // as a library would that thinks of no exec: not close-on-exec
    )?;
    fcntl(&peer, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    let children = ChildWitness::begin();
    print_line(&format!(
        "the main program is [pid {}], its factor is {factor}",
        getpid()
    ));

    let codes = run_workers(numbers, connection.as_fd());

    program.only_the_parent_returns_from("run_workers");
    children.report_missing_child();
    if write(&connection, b"x") != Ok(1) || read(&peer, &mut [0; 2]) != Ok(1) {
        print_line("the main program's connection is broken");
    }
    Ok(program.end("run_workers", codes, |codes| {
        let codes: Vec<String> = codes.iter().map(i32::to_string).collect();
        print_line(&format!("exit codes: {}", codes.join(" ")));
    }))
}

/// A worker.
fn work(task: Task) -> ExitCode {
    let Task { number, factor } = task;
    say(&format!(
        "worker of [pid {}]: {number} x {factor} = {}",
        getppid(),
        number.saturating_mul(factor)
    ));
    report_leaked_descriptors();
    ExitCode::from((number % 100) as u8)
}

/// Whether a process of this program has started this one: as the environment says, or, where it was
/// not passed on, as the parent's executable does.
fn started_by_this_program() -> bool {
    let executable = |pid: &str| fs::read_link(format!("/proc/{pid}/exe")).ok();
    let own = executable("self");
    std::env::var_os(MAIN_PROGRAM).is_some()
        || own.is_some() && executable(&getppid().to_string()) == own
}

fn parse() -> Result<(u64, Vec<u64>), String> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        arguments = ["--factor", "3", "4", "7", "10"].map(String::from).into();
    }
    let mut factor = factor();
    if arguments[0] == "--factor" {
        let value = arguments.get(1).ok_or("--factor needs a value")?;
        factor = number(value)?;
        arguments.drain(..2);
    }
    if arguments.is_empty() {
        return Err("which numbers?".into());
    }
    let numbers = arguments.iter().map(|argument| number(argument));
    Ok((factor, numbers.collect::<Result<_, _>>()?))
}

fn number(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|error| format!("`{text}` is not a number ({error})"))
}
