//! The list of jobs: what is known of them, and how that is told.
//!
//! The list knows what it is told (`add`, `note`, `forget`), and nothing else: it asks no process. A job is a line that was
//! started under job control: one process or several, in a process group that has the id of the first.

use std::fmt;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use crate::program::print_line;

/// What a process does, as far as its parent is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It runs, or waits for something.
    Running,
    /// This signal has stopped it.
    Stopped(Signal),
    /// It has ended with this code.
    Exited(i32),
    /// This signal has ended it.
    Killed(Signal),
}

impl State {
    /// Whose state `waitpid` reported, and which; `None` where it reported none.
    #[must_use]
    pub fn of(status: WaitStatus) -> Option<(Pid, Self)> {
        match status {
            WaitStatus::Exited(pid, code) => Some((pid, Self::Exited(code))),
            WaitStatus::Signaled(pid, signal, _) => Some((pid, Self::Killed(signal))),
            WaitStatus::Stopped(pid, signal) => Some((pid, Self::Stopped(signal))),
            WaitStatus::Continued(pid) => Some((pid, Self::Running)),
            _ => None,
        }
    }

    /// The number that `$?` stands for afterwards: a code, or 128 and the signal's number.
    #[must_use]
    pub fn status(self) -> i32 {
        match self {
            Self::Running => 0,
            Self::Exited(code) => code,
            Self::Stopped(signal) | Self::Killed(signal) => 128 + signal as i32,
        }
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Exited(_) | Self::Killed(_))
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => formatter.write_str("running"),
            Self::Stopped(_) => formatter.write_str("stopped"),
            Self::Exited(0) => formatter.write_str("done"),
            Self::Exited(code) => write!(formatter, "exit {code}"),
            Self::Killed(signal) => write!(formatter, "killed by {signal}"),
        }
    }
}

/// A job.
#[derive(Debug)]
pub struct Job {
    /// Its number, from 1.
    pub number: usize,
    /// The line, as it was typed.
    pub text: String,
    /// Its processes in the order of the commands.
    processes: Vec<(Pid, State)>,
    /// The state that was told last.
    told: State,
}

impl Job {
    /// Its process group, which has the id of its first process.
    #[must_use]
    pub fn group(&self) -> Pid {
        self.processes[0].0
    }

    /// What it does: it runs as long as one of its processes runs, and is stopped as long as one is stopped. Then it is over, with
    /// the state of the last command.
    #[must_use]
    pub fn state(&self) -> State {
        let mut states = self.processes.iter().map(|(_, state)| *state);
        let is_stopped = |state: &State| matches!(state, State::Stopped(_));
        let last = self.processes[self.processes.len() - 1].1;
        if states.clone().any(|state| state == State::Running) {
            return State::Running;
        }
        states.find(is_stopped).unwrap_or(last)
    }

    /// Whether one of its processes runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state() == State::Running
    }
}

/// The jobs that are not over, or whose end has not been told.
#[derive(Debug, Default)]
pub struct Jobs {
    list: Vec<Job>,
    /// Whether `add` takes until the processes have ended or stopped.
    pub(crate) is_slow: bool,
}

impl Jobs {
    /// Adds a job that has been started, and returns its number. All of its processes are running, as far as is known.
    pub fn add(&mut self, processes: &[Pid], text: &str) -> usize {
        assert!(!processes.is_empty(), "a job has at least one process");
        if self.is_slow {
            processes.iter().for_each(|pid| wait_for_a_change_of(*pid));
        }
        let number = self.list.last().map_or(1, |job| job.number + 1);
        self.list.push(Job {
            number,
            text: text.to_owned(),
            processes: processes.iter().map(|it| (*it, State::Running)).collect(),
            told: State::Running,
        });
        number
    }

    /// Takes note of what a process does now. False where no job has this process: then nothing is noted.
    pub fn note(&mut self, pid: Pid, state: State) -> bool {
        let mut processes = self.list.iter_mut().flat_map(|job| &mut job.processes);
        let Some((_, known)) = processes.find(|(other, _)| *other == pid) else {
            return false;
        };
        *known = state;
        for job in &mut self.list {
            if job.state() == State::Running {
                job.told = State::Running;
            }
        }
        true
    }

    /// Takes note that all of a job's processes that have not ended run: they have been continued.
    pub fn note_continued(&mut self, number: usize) {
        for job in self.list.iter_mut().filter(|job| job.number == number) {
            for (_, state) in job.processes.iter_mut().filter(|it| !it.1.is_over()) {
                *state = State::Running;
            }
            job.told = State::Running;
        }
    }

    /// The job of this number.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<&Job> {
        self.list.iter().find(|job| job.number == number)
    }

    /// The job that an argument such as `%2` stands for; without one, the last that is stopped, else the last.
    #[must_use]
    pub fn find(&self, argument: Option<&str>) -> Option<&Job> {
        if let Some(argument) = argument {
            return self.get(argument.trim_start_matches('%').parse().ok()?);
        }
        let mut from_last = self.list.iter().rev();
        let stopped = from_last.find(|job| matches!(job.state(), State::Stopped(_)));
        stopped.or(self.list.last())
    }

    /// All jobs, by number.
    pub fn iter(&self) -> impl Iterator<Item = &Job> {
        self.list.iter()
    }

    /// Takes a job off the list.
    pub fn forget(&mut self, number: usize) {
        self.list.retain(|job| job.number != number);
    }

    /// Prints a job's line, such as `[1] running: cat gate`. It is not printed again until something has changed.
    pub fn tell(&mut self, number: usize) {
        for job in self.list.iter_mut().filter(|job| job.number == number) {
            job.told = job.state();
            print_line(&format!("[{number}] {}: {}", job.told, job.text));
        }
    }

    /// Tells of all that have stopped or ended since they were told, and forgets those that have ended.
    pub(crate) fn tell_changes(&mut self) {
        let changed = |job: &&Job| job.state() != State::Running && job.state() != job.told;
        let numbers: Vec<usize> = self.iter().filter(changed).map(|job| job.number).collect();
        for number in numbers {
            self.tell(number);
        }
        self.list.retain(|job| !job.state().is_over());
    }
}

/// Waits until a process has ended or stopped, and leaves it to others to be told so. Somebody else may have reaped it: then there is
/// nothing to wait for.
fn wait_for_a_change_of(pid: Pid) {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WSTOPPED | WaitPidFlag::WNOWAIT;
    while waitid(Id::Pid(pid), flags) == Err(Errno::EINTR) {}
}
