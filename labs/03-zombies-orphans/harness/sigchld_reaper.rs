//! Driver of `sigchld-reaper`: work that starts children, and looks whether those that have ended are reaped meanwhile.
//!
//! Usage: `sigchld-reaper ITEM…`. An ITEM is a piece of work of the main process:
//!
//! - `quick`: a child is started and ends.
//! - `burst=N`: N children end while the main process is stopped; one more continues it.
//! - `print`: the main process prints a long report to a standard output that is full, and a child ends meanwhile.
//! - `late`: a child is started that ends only when the next item has begun, or there is none.

mod items;

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;

use crate::kernel::{Stage, stage};
use crate::program::{Program, print_line};
use crate::reap_all::print_statuses;

use items::Item;

/// How long the next item waits for a reaper that runs at the same time, such as a thread. Other reapers are done before.
const PATIENCE: Duration = Duration::from_secs(3);

/// The work of the main process. It starts children that nobody but the student's function reaps.
#[derive(Debug)]
pub struct Work {
    items: VecDeque<Item>,
    done: usize,
    /// All that were started, in order.
    children: Vec<Pid>,
    /// Those that had ended at the end of the last item.
    ended: Vec<Pid>,
    /// Whether some of them were not reaped in time: then nobody waits for a reaper again.
    has_zombies: bool,
    /// While it is open, the late child does not end.
    hold_back: Option<OwnedFd>,
}

impl Work {
    /// Does the next item of the work, and says whether there was one. Children can end meanwhile, and it can take long.
    pub fn step(&mut self) -> nix::Result<bool> {
        self.look_for_zombies();
        self.hold_back = None;
        let Some(item) = self.items.pop_front() else {
            return Ok(false);
        };
        self.done += 1;
        print_line(&format!("item {}: {item}", self.done));
        item.work(self)?;
        // Who is gone now was reaped during the item: nothing is to be said of it.
        let stages = self.children.iter().map(|child| (*child, stage(*child)));
        let zombies = stages.filter(|(_, stage)| *stage == Stage::Zombie);
        self.ended = zombies.map(|(child, _)| child).collect();
        Ok(true)
    }

    /// Says so if children that had ended before the last item was done are still there.
    fn look_for_zombies(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let ended = std::mem::take(&mut self.ended);
        let left = || {
            let zombies = ended.iter().filter(|child| stage(**child) != Stage::Gone);
            zombies.count()
        };
        while left() > 0 && Instant::now() < deadline && !self.has_zombies {
            std::thread::sleep(PATIENCE / 100);
        }
        let left = left();
        self.has_zombies |= left > 0;
        match left {
            0 => {}
            all if all == ended.len() => {
                print_line("zombies: none of the children that had ended was reaped");
            }
            _ => print_line(
                "zombies: some of the children that had ended were reaped, and others were not",
            ),
        }
    }
}

/// What the student writes: do all of the work, reap the children as they end, and return their statuses.
pub type WorkAndReap = fn(work: &mut Work) -> nix::Result<Vec<WaitStatus>>;

/// Runs the exercise.
#[must_use]
pub fn drive(work_and_reap: WorkAndReap) -> ExitCode {
    let program = Program::begin();
    let items: Option<VecDeque<Item>> = std::env::args()
        .skip(1)
        .map(|word| Item::from_word(&word))
        .collect();
    let Some(items) = items else {
        eprintln!("usage: sigchld-reaper ITEM…: quick, burst=N, print or late");
        return ExitCode::from(2);
    };
    let mut work = Work {
        items,
        done: 0,
        children: Vec::new(),
        ended: Vec::new(),
        has_zombies: false,
        hold_back: None,
    };
    let result = work_and_reap(&mut work);
    program.end("work_and_reap", result, |statuses| {
        print_statuses(&work.children, &statuses);
    })
}
