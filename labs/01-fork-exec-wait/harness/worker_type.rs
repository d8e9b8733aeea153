//! Driver of `worker-type`: leads workers of the student's type through their lives and asks them questions.
//!
//! Usage: `worker-type [NAME=END]…` (default: `reader=0 parser=3 writer=SIGTERM`). END is the exit code
//! of the worker's work, or the signal by which the driver ends the worker.
//!
//! Nothing here depends on time: work waits until the driver lets it go on, and the driver knows that a
//! worker has ended by waitid(2) with WNOWAIT, which leaves the worker to be reaped by its own type.

use std::fmt::Display;
use std::io;
use std::os::fd::{AsFd, FromRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, getpid, getppid, pipe2, read, write};

use crate::program::{Program, print_line, say};

/// What the student writes: a type whose values are processes with a name.
pub trait WorkerType: Sized {
    /// A worker that is not yet started. Nothing runs.
    fn new(name: &str, work: Work) -> Self;

    /// The name.
    fn name(&self) -> &str;

    /// Forks. The child says `<name> begins`, runs the work, says `<name> ends`, and leaves with the
    /// code that the work returned.
    fn start(&mut self) -> io::Result<()>;

    /// The process id, once started.
    fn pid(&self) -> Option<Pid>;

    /// Whether the worker has been started and has not ended. Does not wait. It may be asked at any
    /// time and as often as one likes.
    fn is_alive(&mut self) -> io::Result<bool>;

    /// The exit code once the worker has ended, −n if signal n has killed it; `None` before. Does not
    /// wait. It may be asked at any time and as often as one likes.
    fn exit_code(&mut self) -> io::Result<Option<i32>>;

    /// Waits for the worker's end and returns its exit code. When it returns, the worker is reaped.
    fn join(&mut self) -> io::Result<i32>;
}

/// What a worker has to do: it takes until the driver says so.
#[derive(Debug)]
pub struct Work {
    name: String,
    code: i32,
    driver: Pid,
    /// The worker says here that it is at work.
    begun: OwnedFd,
    /// The driver says here that the work is done.
    done: OwnedFd,
}

impl Work {
    /// Works, and returns the code with which the worker is to leave.
    #[must_use]
    pub fn run(&self) -> i32 {
        if getpid() == self.driver {
            say(&format!("{} works in no process of its own", self.name));
            return self.code;
        }
        // A worker that nobody can let go on any more ends with the driver.
        if set_pdeathsig(Signal::SIGKILL).is_err() || getppid() != self.driver {
            say(&format!("{} is not the driver's child", self.name));
            return self.code;
        }
        say(&format!("{} works", self.name));
        let _ = write(&self.begun, b"b");
        while read(&self.done, &mut [0]) == Err(Errno::EINTR) {}
        self.code
    }
}

/// How a worker is to end.
#[derive(Debug, Clone, Copy)]
enum End {
    Code(u8),
    By(Signal),
}

/// A worker, and the driver's ends of its pipes.
struct Lead<W> {
    worker: W,
    end: End,
    begun: OwnedFd,
    done: OwnedFd,
}

/// What to ask first: a type that reaps in one answer must remember in the next.
#[derive(Debug, Clone, Copy)]
enum First {
    Alive,
    Code,
}

/// Runs the exercise.
#[must_use]
pub fn drive<W: WorkerType>() -> ExitCode {
    let program = Program::begin();
    let plan = match parse() {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("usage: worker-type [NAME=END]…: {error}");
            return ExitCode::from(2);
        }
    };
    print_line(&format!("the driver is [pid {}]", getpid()));
    match lead_all::<W>(&program, plan) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the driver failed: {error}");
            ExitCode::from(2)
        }
    }
}

fn lead_all<W: WorkerType>(program: &Program, plan: Vec<(String, End)>) -> nix::Result<()> {
    let mut all: Vec<Lead<W>> = Vec::new();
    for (name, end) in plan {
        all.push(Lead::hire(&name, end)?);
    }
    for lead in &mut all {
        lead.ask("not started", First::Alive);
        let started = lead.worker.start();
        program.only_the_parent_returns_from("start");
        match started {
            Ok(()) if lead.has_a_process() => lead.wait_for_work()?,
            Ok(()) => lead.tell("started", "there is no process of its own"),
            Err(error) => lead.tell("started", failure(&error)),
        }
        lead.ask("started", First::Code);
    }
    for index in 0..all.len() {
        let (done, others) = all.split_at_mut(index + 1);
        let lead = &mut done[index];
        if !lead.has_a_process() {
            continue;
        }
        lead.end()?;
        // By turns: is it alive, what is its code, and neither before `join`.
        match index % 3 {
            0 => lead.ask("ended", First::Alive),
            1 => lead.ask("ended", First::Code),
            _ => {}
        }
        for other in others {
            other.ask("meanwhile", First::Alive);
        }
    }
    for lead in &mut all {
        match lead.worker.join() {
            Ok(code) => lead.tell("joined", format!("exit code {code}")),
            Err(error) => lead.tell("joined", failure(&error)),
        }
        lead.ask("asked again", First::Alive);
    }
    Ok(())
}

impl<W: WorkerType> Lead<W> {
    fn hire(name: &str, end: End) -> nix::Result<Self> {
        let (begun, worker_begun) = pipe2(OFlag::O_CLOEXEC)?;
        let (worker_done, done) = pipe2(OFlag::O_CLOEXEC)?;
        let work = Work {
            name: name.into(),
            code: match end {
                End::Code(code) => code.into(),
                End::By(_) => 0,
            },
            driver: getpid(),
            begun: worker_begun,
            done: worker_done,
        };
        Ok(Self {
            worker: W::new(name, work),
            end,
            begun,
            done,
        })
    }

    /// Waits until the worker is at work, or has ended without.
    fn wait_for_work(&self) -> nix::Result<()> {
        let pidfd = self.worker.pid().and_then(pidfd_open);
        let mut ends = vec![PollFd::new(self.begun.as_fd(), PollFlags::POLLIN)];
        ends.extend(
            pidfd
                .iter()
                .map(|pidfd| PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)),
        );
        while poll(&mut ends, PollTimeout::NONE) == Err(Errno::EINTR) {}
        if ends[0].any() == Some(true) {
            read(&self.begun, &mut [0])?;
        } else {
            self.tell("started", "it has ended without doing its work");
        }
        Ok(())
    }

    /// Lets the worker end, or kills it, and waits until it has ended: it is a zombie then, unless its
    /// own type has reaped it.
    fn end(&self) -> nix::Result<()> {
        let Some(pid) = self.worker.pid() else {
            return Ok(());
        };
        match self.end {
            End::Code(_) => drop(write(&self.done, b"d")?),
            End::By(signal) => kill(pid, signal)?,
        }
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        while waitid(Id::Pid(pid), look) == Err(Errno::EINTR) {}
        Ok(())
    }

    /// Whether the worker's pid is that of a child of this process, ended or not.
    fn has_a_process(&self) -> bool {
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        let pid = self.worker.pid().filter(|pid| pid.as_raw() > 0);
        pid.is_some_and(|pid| waitid(Id::Pid(pid), look).is_ok())
    }

    /// Asks the worker whether it is alive and what its exit code is.
    fn ask(&mut self, when: &str, first: First) {
        let (alive, code) = match first {
            First::Alive => {
                let alive = self.worker.is_alive();
                (alive, self.worker.exit_code())
            }
            First::Code => {
                let code = self.worker.exit_code();
                (self.worker.is_alive(), code)
            }
        };
        let alive = match alive {
            Ok(true) => "alive".into(),
            Ok(false) => "not alive".into(),
            Err(error) => failure(&error),
        };
        let code = match code {
            Ok(Some(code)) => format!("exit code {code}"),
            Ok(None) => "no exit code".into(),
            Err(error) => failure(&error),
        };
        self.tell(when, format!("{alive}, {code}"));
    }

    fn tell(&self, when: &str, what: impl Display) {
        print_line(&format!("{}: {when}: {what}", self.worker.name()));
    }
}

/// A refused question. ECHILD means: this process has no such child, or has it no longer.
fn failure(error: &io::Error) -> String {
    if error.raw_os_error() == Some(Errno::ECHILD as i32) {
        "the kernel was asked about a process that was already reaped (ECHILD)".into()
    } else {
        format!("failed ({error})")
    }
}

/// A descriptor that becomes readable when the process ends; none on a kernel that has no such thing.
fn pidfd_open(pid: Pid) -> Option<OwnedFd> {
    // SAFETY: pidfd_open(2) takes two numbers and touches no memory of this process.
    let descriptor = unsafe { nix::libc::syscall(nix::libc::SYS_pidfd_open, pid.as_raw(), 0) };
    let descriptor = RawFd::try_from(descriptor).ok().filter(|fd| *fd >= 0)?;
    // SAFETY: the call has returned a new descriptor, which nobody else owns.
    Some(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

fn parse() -> Result<Vec<(String, End)>, String> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        arguments = ["reader=0", "parser=3", "writer=SIGTERM"]
            .map(String::from)
            .into();
    }
    arguments.iter().map(|argument| plan(argument)).collect()
}

fn plan(argument: &str) -> Result<(String, End), String> {
    let wrong = || format!("`{argument}` is not of the form NAME=CODE or NAME=SIGNAL");
    let (name, end) = argument
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(wrong)?;
    let end = match (end.parse(), end) {
        (Ok(code), _) => End::Code(code),
        (_, "SIGTERM") => End::By(Signal::SIGTERM),
        (_, "SIGKILL") => End::By(Signal::SIGKILL),
        (_, "SIGUSR1") => End::By(Signal::SIGUSR1),
        _ => return Err(wrong()),
    };
    Ok((name.into(), end))
}
