//! Driver of `exit-status`: words to decode, and children that end in given ways.
//!
//! Usage: `exit-status words WORD…`, `exit-status children ENDING…` or `exit-status random SEED`. A WORD is a
//! status as wait(2) stores it, in hexadecimal; an ENDING is an exit code other than 42, or minus a signal's number.

use std::fmt;
use std::io;
use std::process::ExitCode;
use std::rc::Rc;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use nix::sys::wait::{Id, WaitPidFlag, waitid, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

use crate::evidence::{Ledger, has_children};
use crate::program::{Program, print_line, say};
use crate::seeded::Numbers;

/// What a status says about a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It ended by itself, with this exit code.
    Exited(i32),
    /// This signal ended it.
    Killed {
        /// The signal's number, which is positive.
        signal: i32,
        /// Whether the kernel dumped its memory to a file.
        core: bool,
    },
    /// This signal stopped it; it can be continued.
    Stopped(i32),
    /// It was stopped and goes on.
    Continued,
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(out, "exited with code {code}"),
            Self::Killed { signal, core } => {
                let core = if *core { ", core dumped" } else { "" };
                write!(out, "killed by signal {signal}{core} ({})", -signal)
            }
            Self::Stopped(signal) => write!(out, "stopped by signal {signal}"),
            Self::Continued => write!(out, "continued"),
        }
    }
}

/// How a child is to end.
#[derive(Debug, Clone)]
pub struct Ending {
    way: Way,
    index: usize,
    ledger: Rc<Ledger>,
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Code(u8),
    Signal(Signal),
}

impl Ending {
    /// Says how the calling process, which must be a child, is to end. By a signal: then this does not
    /// return. By itself: then this returns the exit code to leave with.
    #[must_use]
    pub fn approach(&self) -> i32 {
        if self.ledger.note(self.index, 0).is_err() {
            eprintln!("cannot note the ending of child {}", self.index + 1);
        }
        match self.way {
            Way::Code(code) => {
                say(&format!("leaves with code {code}"));
                i32::from(code)
            }
            Way::Signal(signal) => {
                say(&format!("sends itself signal {}", signal as i32));
                die_of(signal);
                127
            }
        }
    }
}

/// Ends the calling process by `signal`, whatever it has inherited for it.
fn die_of(signal: Signal) {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default action runs no code of this process.
    // SIGKILL has no other action, and refuses to be given one.
    let _ = unsafe { sigaction(signal, &default) };
    let _ = SigSet::all().thread_unblock();
    let _ = raise(signal);
}

/// What the student writes first: what a status word says.
pub type Decode = fn(word: i32) -> Outcome;

/// What the student writes then: a child for each ending, and what became of each, in the same order.
pub type EndChildren = fn(endings: &[Ending]) -> nix::Result<Vec<Outcome>>;

/// The exit code of the child that is not the student's.
const BYSTANDER: i32 = 42;

/// Runs the exercise.
#[must_use]
pub fn drive(decode: Decode, end_children: EndChildren) -> ExitCode {
    let program = Program::begin();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((words, ways)) = words_and_ways(&args) else {
        eprintln!("usage: exit-status words HEX… | children CODE-OR-MINUS-SIGNAL… | random SEED");
        return ExitCode::from(2);
    };
    for word in words {
        print_line(&format!("{word:#06x}: {}", decode(word)));
    }
    if ways.is_empty() {
        return ExitCode::SUCCESS;
    }
    let result = run(&program, end_children, &ways);
    program.end("end_children", result, |lines| {
        lines.iter().for_each(|line| print_line(line))
    })
}

fn run(program: &Program, end_children: EndChildren, ways: &[Way]) -> io::Result<Vec<String>> {
    let ledger = Rc::new(Ledger::open()?);
    let endings: Vec<Ending> = ways
        .iter()
        .enumerate()
        .map(|(index, &way)| Ending {
            way,
            index,
            ledger: Rc::clone(&ledger),
        })
        .collect();
    let bystander = Bystander::start()?;
    let outcomes = end_children(&endings);
    program.only_the_parent_returns_from("end_children");
    drop(bystander);
    let outcomes = outcomes?;
    let describe = |index: usize| match outcomes.get(index) {
        Some(outcome @ Outcome::Exited(BYSTANDER)) => format!("{outcome}, as another child did"),
        Some(outcome) => outcome.to_string(),
        None => "nothing is known".to_owned(),
    };
    let mut lines: Vec<String> = (0..ways.len())
        .map(|index| format!("child {}: {}", index + 1, describe(index)))
        .collect();
    if outcomes.len() > ways.len() {
        lines.push(format!("and {} outcomes more", outcomes.len() - ways.len()));
    }
    // A child that nobody has waited for may not have begun yet.
    if !has_children() {
        for index in ledger.tasks_without_own_process(ways.len())? {
            lines.push(format!("child {} had no process of its own", index + 1));
        }
    }
    Ok(lines)
}

/// A child that is none of the student's, as a library may have one. It has ended when `start` returns and
/// is a zombie, so a wait for any child meets it first.
struct Bystander(Pid);

impl Bystander {
    fn start() -> nix::Result<Self> {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            ForkResult::Child => unsafe { libc::_exit(BYSTANDER) },
            ForkResult::Parent { child } => {
                // `WNOWAIT` learns that it has ended and leaves it a zombie.
                let ended = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
                while waitid(Id::Pid(child), ended) == Err(Errno::EINTR) {}
                Ok(Self(child))
            }
        }
    }
}

impl Drop for Bystander {
    /// Reaps it. A student's wait for any child has done so already, which is no error.
    fn drop(&mut self) {
        let _ = waitpid(self.0, Some(WaitPidFlag::WNOHANG));
    }
}

fn words_and_ways(args: &[String]) -> Option<(Vec<i32>, Vec<Way>)> {
    match args.split_first() {
        None => Some((
            vec![0x0300, 0x000f],
            vec![Way::Code(3), Way::Signal(Signal::SIGTERM)],
        )),
        Some((mode, rest)) if !rest.is_empty() => match mode.as_str() {
            "words" => Some((
                rest.iter().map(|arg| word(arg)).collect::<Option<_>>()?,
                Vec::new(),
            )),
            "children" if rest.len() <= 16 => Some((
                Vec::new(),
                rest.iter().map(|arg| way(arg)).collect::<Option<_>>()?,
            )),
            "random" if rest.len() == 1 => Some(drawn(rest[0].parse().ok()?)),
            _ => None,
        },
        Some(_) => None,
    }
}

/// A word of 16 bits that is a status: an exit code, a signal that kills or stops, or "continued".
fn word(arg: &str) -> Option<i32> {
    let word = i32::from(u16::from_str_radix(arg.strip_prefix("0x").unwrap_or(arg), 16).ok()?);
    let known = |signal: i32| Signal::try_from(signal).is_ok();
    let exited = libc::WIFEXITED(word);
    let killed = libc::WIFSIGNALED(word) && word >> 8 == 0 && known(libc::WTERMSIG(word));
    let stopped = libc::WIFSTOPPED(word) && known(libc::WSTOPSIG(word));
    (exited || killed || stopped || libc::WIFCONTINUED(word)).then_some(word)
}

/// Signals that end a process without a core dump.
const DEADLY: [Signal; 8] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGKILL,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGPIPE,
    Signal::SIGALRM,
    Signal::SIGTERM,
];

fn way(arg: &str) -> Option<Way> {
    if let Some(number) = arg.strip_prefix('-') {
        let number: i32 = number.parse().ok()?;
        let signal = DEADLY.into_iter().find(|&signal| signal as i32 == number)?;
        return Some(Way::Signal(signal));
    }
    let code: u8 = arg.parse().ok()?;
    (i32::from(code) != BYSTANDER).then_some(Way::Code(code))
}

/// Words of every kind and a few children, all drawn from the seed.
fn drawn(seed: u64) -> (Vec<i32>, Vec<Way>) {
    let mut numbers = Numbers::seeded(seed);
    let mut draw = |from: i32, to: i32| {
        let width = u64::from((to - from).unsigned_abs()) + 1;
        from + i32::try_from(numbers.below(width)).unwrap_or(0)
    };
    let mut words = Vec::new();
    for _ in 0..4 {
        words.push(draw(0, 127) << 8); // a small exit code
        words.push(draw(128, 255) << 8); // a large one
        words.push(draw(1, 15)); // a signal
        words.push(draw(1, 15) | 0x80); // a signal, and a core dump
        words.push((draw(19, 22) << 8) | 0x7f); // a stop
    }
    words.push(0xffff);
    let ways = (0..6)
        .map(|_| match draw(0, 1) {
            0 => Way::Signal(DEADLY[usize::try_from(draw(0, 7)).unwrap_or(0)]),
            _ => Way::Code(u8::try_from(draw(43, 255)).unwrap_or(0)),
        })
        .collect();
    (words, ways)
}
