//! Driver of `start-line`: players that take their time to get ready.
//!
//! Usage: `start-line [MS...]`: for each player the milliseconds of its warm-up (default 20 60 40), up to 32 players.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use nix::unistd::{Pid, getpid};

use crate::notes::Notes;
use crate::program::{Program, print_line, say};

static NOTES: Notes = Notes::new();

/// The longest warm-up.
const LONGEST: u64 = 2000;

/// The most players.
const MOST: usize = 32;

/// One player: the work of one process.
#[derive(Debug)]
pub struct Player {
    number: usize,
    warm_up: Duration,
}

impl Player {
    /// Warms up, which takes its time, and says that the player is ready.
    pub fn get_ready(&self) {
        // Time passes on purpose, and nobody may rely on how much.
        std::thread::sleep(self.warm_up);
        NOTES.add(self.number as u64);
        say(&format!("player {} is ready", self.number));
    }

    /// Starts. When the first player starts, every player must be ready.
    pub fn go(&self) {
        say(&format!("player {} goes", self.number));
    }
}

/// What the student writes: a process for each player, that gets ready, waits for all the others, and goes.
pub type Race = fn(players: &[Player]) -> nix::Result<()>;

/// Runs the exercise.
#[must_use]
pub fn drive(race: Race) -> ExitCode {
    let program = Program::begin();
    let Some(players) = players(std::env::args().skip(1)) else {
        eprintln!(
            "usage: start-line [MS...]: up to {MOST} warm-ups of at most {LONGEST} milliseconds"
        );
        return ExitCode::from(2);
    };
    if let Err(error) = NOTES.begin() {
        eprintln!("start-line: no shared memory: {error}");
        return ExitCode::FAILURE;
    }
    let result = race(&players);
    program.end("race", result, |()| {
        print_line(&format!("the race of {} players is over", players.len()));
        for number in without_own_process(&players, getpid()) {
            print_line(&format!(
                "made up: player {number} has no process of its own"
            ));
        }
    })
}

fn players(args: impl Iterator<Item = String>) -> Option<Vec<Player>> {
    let mut times = args
        .map(|arg| arg.parse().ok().filter(|ms| *ms <= LONGEST))
        .collect::<Option<Vec<u64>>>()?;
    if times.is_empty() {
        times = vec![20, 60, 40];
    }
    let player = |(index, ms): (usize, u64)| Player {
        number: index + 1,
        warm_up: Duration::from_millis(ms),
    };
    (times.len() <= MOST).then(|| times.into_iter().enumerate().map(player).collect())
}

/// The players that got ready in the main process, or in the process of a player before them.
fn without_own_process(players: &[Player], main: Pid) -> Vec<usize> {
    let mut taken = BTreeSet::from([main]);
    let mut own = BTreeSet::new();
    for note in NOTES.all() {
        if taken.insert(note.pid) {
            own.insert(note.deed);
        }
    }
    let has_none = |player: &&Player| !own.contains(&(player.number as u64));
    players
        .iter()
        .filter(has_none)
        .map(|player| player.number)
        .collect()
}
