//! Driver of `subreaper`: a subtree of processes that dies from its root downwards.
//!
//! Usage: `subreaper [SHAPE [SEED]]`. A SHAPE such as `2x3` is a root with 2 children, each of which has 3 children. The codes
//! and signals by which the processes end are drawn from SEED.

use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicI32, Ordering};

use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use nix::unistd::{ForkResult, Pid, fork, getpid, pipe2, read};

use crate::ending::{Ending, in_words};
use crate::kernel::{has_ended, wait_until};
use crate::program::{Program, print_line, say};
use crate::shared::{Shareable, share};

/// The most processes of a subtree.
const MOST: usize = 60;

/// The pid of each process of the subtree, by its place, level after level.
struct Register([AtomicI32; MOST]);

// SAFETY: a register consists of atomics, for which zeros are valid.
unsafe impl Shareable for Register {}

/// A subtree of processes that does not exist yet.
pub struct Subtree {
    widths: Vec<usize>,
    seed: u64,
    register: &'static Register,
    main: Pid,
}

impl std::fmt::Debug for Subtree {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "a subtree of the shape {:?}", self.widths)
    }
}

impl Subtree {
    /// Makes the calling process, which must be a child, the root of the subtree: it forks children of its own, and they forks
    /// theirs. It dies before its children do, by a signal; then this does not return. Or it returns the exit code to leave with.
    #[must_use]
    pub fn grow(&self) -> i32 {
        if getpid() == self.main {
            say("the root of the subtree has no process of its own");
            return libc::EXIT_FAILURE;
        }
        match self.grow_from(0, 0, None) {
            Ok(ending) => ending.approach(),
            Err(error) => {
                eprintln!("[pid {}] cannot grow: {error}", getpid());
                libc::EXIT_FAILURE
            }
        }
    }

    /// What the process at this place does: it waits until its parent has ended, forks, and ends.
    fn grow_from(&self, level: usize, index: usize, parent: Option<Pid>) -> nix::Result<Ending> {
        let place = self.first_place(level) + index;
        let own = getpid();
        self.register.0[place].store(own.as_raw(), Ordering::Release);
        if let Some(parent) = parent {
            wait_until(|| has_ended(parent));
        }
        let width = self.widths.get(level).copied().unwrap_or(0);
        for child in 0..width {
            // SAFETY: the process has one thread, so the child may run ordinary code.
            if let ForkResult::Child = unsafe { fork() }? {
                match self.grow_from(level + 1, index * width + child, Some(own)) {
                    Ok(ending) => ending.meet(),
                    // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                    Err(_) => unsafe { libc::_exit(libc::EXIT_FAILURE) },
                }
            }
        }
        say(&format!("ends at place {place}"));
        Ok(self.ending(place))
    }

    fn first_place(&self, level: usize) -> usize {
        (0..level).map(|level| self.processes(level)).sum()
    }

    fn processes(&self, level: usize) -> usize {
        self.widths[..level].iter().product()
    }

    fn size(&self) -> usize {
        self.first_place(self.widths.len() + 1)
    }

    fn ending(&self, place: usize) -> Ending {
        let [first, second, ..] =
            (self.seed.wrapping_mul(2_654_435_761) + place as u64 * 97).to_le_bytes();
        match first % 3 {
            0 => Ending::Signal(
                [Signal::SIGTERM, Signal::SIGKILL, Signal::SIGUSR1][usize::from(second % 3)],
            ),
            _ => Ending::Code(second),
        }
    }
}

/// What the student writes: start the subtree, adopt its orphans, reap them all, and return the statuses.
pub type AdoptAndReap = fn(subtree: &Subtree) -> nix::Result<Vec<WaitStatus>>;

/// Runs the exercise.
#[must_use]
pub fn drive(adopt_and_reap: AdoptAndReap) -> ExitCode {
    let program = Program::begin();
    let Some((widths, seed)) = arguments() else {
        eprintln!(
            "usage: subreaper [SHAPE [SEED]]: a shape such as 2x3, of at most {MOST} processes"
        );
        return ExitCode::from(2);
    };
    let begun = share::<Register>().and_then(|register| Ok((register, pipe2(OFlag::O_CLOEXEC)?)));
    let (register, (gone, alive)) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            eprintln!("subreaper cannot begin: {error}");
            return ExitCode::FAILURE;
        }
    };
    let subtree = Subtree {
        widths,
        seed,
        register,
        main: getpid(),
    };
    let result = adopt_and_reap(&subtree);
    program.only_the_parent_returns_from("adopt_and_reap");
    // Every process of the subtree has the write end open for as long as it lives.
    drop(alive);
    wait_for_end_of_file(&gone);
    program.end("adopt_and_reap", result, |statuses| {
        report(&subtree, &statuses)
    })
}

fn report(subtree: &Subtree, statuses: &[WaitStatus]) {
    let pid = |place: usize| Pid::from_raw(subtree.register.0[place].load(Ordering::Acquire));
    for place in 0..subtree.size() {
        let mut own = statuses.iter().filter(|it| it.pid() == Some(pid(place)));
        match own.next() {
            Some(status) => print_line(&format!("place {place}: {}", in_words(*status))),
            None => print_line(&format!("place {place}: no status came")),
        }
        if own.next().is_some() {
            print_line(&format!("place {place}: more than one status came"));
        }
    }
    print_line(&format!(
        "{} statuses of {} processes",
        statuses.len(),
        subtree.size()
    ));
}

fn wait_for_end_of_file(source: &OwnedFd) {
    while !matches!(read(source, &mut [0]), Ok(0)) {}
}

fn arguments() -> Option<(Vec<usize>, u64)> {
    let mut words = std::env::args().skip(1);
    let shape = words.next().unwrap_or_else(|| "2x2".to_owned());
    let widths: Vec<usize> = shape
        .split('x')
        .map(|word| word.parse().ok())
        .collect::<Option<_>>()?;
    let seed = words.next().map_or(Some(2), |word| word.parse().ok())?;
    let mut size = 1_usize;
    let mut level = 1_usize;
    for width in &widths {
        level = level.checked_mul(*width)?;
        size = size.checked_add(level)?;
    }
    (size <= MOST && words.next().is_none()).then_some((widths, seed))
}
