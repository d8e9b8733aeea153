//! From a save to its verdict on the screen, beside rustlings: both watch a file of their own, and are saved to in turns.
//!
//! `save-to-verdict.sh` prepares both and runs this. A right answer and a wrong one follow each other, so that each verdict is
//! another one than the last.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on ends"
)]

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

#[path = "../tests/it/terminal.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod terminal;

use terminal::Terminal;

/// A save without a verdict after so long a time was overlooked.
const OVERLOOKED: Duration = Duration::from_secs(20);

/// How often a save is made again.
const MOST_ATTEMPTS: usize = 2;

/// A program that watches a file.
struct Watcher {
    name: &'static str,
    terminal: Terminal,
    file: PathBuf,
    /// The right answer, and what the screen shows for it; the same for a wrong one.
    answers: [(String, String); 2],
    /// What the screen shows when it waits for a save: one that comes earlier may be overlooked.
    ready: String,
    times: Vec<Duration>,
    /// How many saves it did not react to: rustlings ignores those that come while it is at work.
    overlooked: usize,
}

impl Watcher {
    /// What the environment says of a program: `NAME_FILE`, `NAME_RIGHT` and `NAME_WRONG` are files, `NAME_RIGHT_SIGN` and
    /// `NAME_WRONG_SIGN` what is on the screen then; `NAME_READY_SIGN` is there when it waits for a save.
    fn new(name: &'static str, command: &mut Command) -> Self {
        let said = |what: &str| {
            let variable = format!("{}_{what}", name.to_uppercase());
            std::env::var(&variable)
                .unwrap_or_else(|_| panic!("{variable} is not set: see save-to-verdict.sh"))
        };
        let answer = |what: &str| {
            let text = fs::read_to_string(said(what)).unwrap();
            (text, said(&format!("{what}_SIGN")))
        };
        let terminal = Terminal::start(command);
        Self {
            name,
            answers: [answer("RIGHT"), answer("WRONG")],
            file: said("FILE").into(),
            terminal,
            ready: said("READY_SIGN"),
            times: Vec::new(),
            overlooked: 0,
        }
    }

    /// Saves one of the answers and waits for its verdict. A save that is overlooked is made again, and noted.
    fn save(&mut self, which: usize, number: usize) -> Duration {
        let (text, sign) = &self.answers[which];
        self.terminal.shows(&[&self.ready]);
        for attempt in 0..=MOST_ATTEMPTS {
            let text = format!("{text}// {number} {attempt}\n");
            let begun = Instant::now();
            fs::write(&self.file, text).unwrap();
            match self.terminal.shows_within(OVERLOOKED, &[sign]) {
                Ok(_) => return begun.elapsed(),
                Err(shown) if attempt == MOST_ATTEMPTS => {
                    panic!("{} does not show {sign:?}:\n{shown}", self.name)
                }
                Err(_) => self.overlooked += 1,
            }
        }
        unreachable!("the last attempt returns or ends the benchmark");
    }

    fn report(&mut self) -> Duration {
        self.times.sort();
        let at = |part: usize| self.times[(self.times.len() - 1) * part / 4];
        println!(
            "{:10} median {:5} ms   quarters {:5} to {:5} ms   of {} saves, {} overlooked",
            self.name,
            at(2).as_millis(),
            at(1).as_millis(),
            at(3).as_millis(),
            self.times.len(),
            self.overlooked
        );
        at(2)
    }
}

fn main() {
    let variable = |name: &str| std::env::var(name).ok();
    let (Some(copy), Some(rustlings)) = (variable("FORKLINGS_COPY"), variable("RUSTLINGS_FOLDER"))
    else {
        println!("not run: save-to-verdict.sh prepares what it needs");
        return;
    };
    let rounds: usize = variable("ROUNDS").map_or(10, |it| it.parse().unwrap());
    let mut forklings = terminal::watch(copy.as_ref());
    forklings.arg("hello-pipe");
    let mut other = Command::new(variable("RUSTLINGS").unwrap());
    other.current_dir(rustlings).env("TERM", "xterm-256color");
    let mut watchers = [
        Watcher::new("forklings", &mut forklings),
        Watcher::new("rustlings", &mut other),
    ];
    // The first saves build what both need once, and are not counted.
    let warm_up = 2;
    for round in 0..rounds + warm_up {
        for which in [0, 1] {
            for watcher in &mut watchers {
                let time = watcher.save(which, round);
                if round >= warm_up {
                    watcher.times.push(time);
                }
            }
        }
    }
    let [ours, theirs] = watchers.each_mut().map(Watcher::report);
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("forklings takes {ratio:.2} times as long as rustlings");
    assert!(ours <= theirs, "slower than rustlings");
}
