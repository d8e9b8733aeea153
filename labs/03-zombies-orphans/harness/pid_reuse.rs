//! Driver of `pid-reuse`: children that are signaled while they run, as zombies, and when somebody else may have their number.
//!
//! Usage: `pid-reuse [FATE…]`. A FATE says what has become of the child between `find` and `send`: `running`, `zombie` or `reaped`; or
//! `any=SEED` stands for six fates that are drawn from a seed.

use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::str::FromStr;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe2, read};

use crate::ending::{Ending, in_words};
use crate::program::{Program, print_line};

/// What has become of a child when it is signaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Running,
    Zombie,
    Reaped,
}

impl FromStr for Fate {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "running" => Ok(Self::Running),
            "zombie" => Ok(Self::Zombie),
            "reaped" => Ok(Self::Reaped),
            _ => Err(()),
        }
    }
}

/// What the student writes: what to keep of a child that was started, so that it can be signaled later.
pub type Find<H> = fn(child: Pid) -> io::Result<H>;

/// What the student writes: send a signal to that child and to nobody else. Whether it was still there.
pub type Send<H> = fn(handle: &H, signal: Signal) -> io::Result<bool>;

/// Runs the exercise.
#[must_use]
pub fn drive<H>(find: Find<H>, send: Send<H>) -> ExitCode {
    let program = Program::begin();
    let fates: Option<Vec<Vec<Fate>>> = std::env::args().skip(1).map(|word| fates(&word)).collect();
    let Some(fates) = fates
        .map(|fates| fates.concat())
        .filter(|it| it.len() <= 20)
    else {
        eprintln!("usage: pid-reuse [FATE…]: running, zombie, reaped or any=SEED");
        return ExitCode::from(2);
    };
    let mut fates = fates.into_iter().enumerate();
    let result = fates.try_for_each(|(index, fate)| one(index + 1, fate, find, send));
    program.end("send", result, |()| {})
}

fn fates(word: &str) -> Option<Vec<Fate>> {
    let Some(seed) = word.strip_prefix("any=") else {
        return Some(vec![word.parse().ok()?]);
    };
    let seed: u64 = seed.parse().ok()?;
    let all = [Fate::Running, Fate::Zombie, Fate::Reaped];
    // The digits of the seed, to the base 3.
    let digits = (0..6).map(|place| (seed / 3_u64.pow(place)) % 3);
    Some(
        digits
            .filter_map(|digit| all.get(usize::try_from(digit).ok()?).copied())
            .collect(),
    )
}

fn one<H>(number: usize, fate: Fate, find: Find<H>, send: Send<H>) -> io::Result<()> {
    let child = Sleeper::start(number)?;
    let handle = find(child.pid)?;
    let signal = || send(&handle, Signal::SIGTERM);
    match fate {
        Fate::Running => {
            let is_sent = signal()?;
            say_sent(number, "is running", is_sent);
            print_line(&format!("child {number}: {}", in_words(child.reap()?)));
        }
        Fate::Zombie => {
            child.become_zombie()?;
            say_sent(number, "is a zombie", signal()?);
            print_line(&format!("child {number}: {}", in_words(child.reap()?)));
        }
        Fate::Reaped => {
            print_line(&format!("child {number}: {}", in_words(child.reap()?)));
            // The kernel gives a number away again, sooner or later. It may be this one's now.
            let stranger = Sleeper::start(number)?;
            say_sent(number, "was reaped", signal()?);
            print_line(&format!("a stranger: {}", in_words(stranger.reap()?)));
        }
    }
    Ok(())
}

fn say_sent(number: usize, state: &str, is_sent: bool) {
    let sent = if is_sent { "was sent" } else { "was not sent" };
    print_line(&format!("child {number} {state}: the signal {sent}"));
}

/// A child that sleeps until it is told to end, and then exits with its number as code.
struct Sleeper {
    pid: Pid,
    hold_back: OwnedFd,
}

impl Sleeper {
    fn start(number: usize) -> io::Result<Self> {
        let (wait_here, hold_back) = pipe2(OFlag::O_CLOEXEC)?;
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop(hold_back);
                while read(&wait_here, &mut [0]) == Err(Errno::EINTR) {}
                Ending::Code(u8::try_from(number).unwrap_or(u8::MAX)).meet()
            }
            ForkResult::Parent { child } => Ok(Self {
                pid: child,
                hold_back,
            }),
        }
    }

    /// Lets it end, and sleeps until it is a zombie.
    fn become_zombie(&self) -> io::Result<()> {
        // Its end of file: the child waits for nothing else than for one byte or none.
        nix::unistd::write(&self.hold_back, b".")?;
        waitid(
            Id::Pid(self.pid),
            WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT,
        )?;
        Ok(())
    }

    fn reap(self) -> io::Result<WaitStatus> {
        drop(self.hold_back);
        Ok(waitpid(self.pid, None)?)
    }
}
