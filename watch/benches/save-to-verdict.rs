//! From a save to its verdict on the screen, beside rustlings: both watch a file of their own, and are saved to in turns.
//!
//! `save-to-verdict.sh` prepares both, runs this, and says what the grader's own share is. A right answer and a wrong one follow
//! each other, so that each verdict is another one than the last.

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

/// The most that the grader's own share may be.
const MOST: Duration = Duration::from_millis(50);

/// For how long watch waits for more events of a save. It is watch's own number.
const QUIET: Duration = Duration::from_millis(20);
const _: () = assert!(is_in(
    b"const QUIET: Duration = Duration::from_millis(20);",
    include_bytes!("../src/files.rs")
));

const fn is_in(needle: &[u8], text: &[u8]) -> bool {
    let mut at = 0;
    while at + needle.len() <= text.len() {
        let mut same = 0;
        while same < needle.len() && text[at + same] == needle[same] {
            same += 1;
        }
        if same == needle.len() {
            return true;
        }
        at += 1;
    }
    false
}

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
        let part = |part: usize, times: &[Duration]| times[(times.len() - 1) * part / 4];
        self.times.sort();
        println!(
            "{:10} median {:5} ms   quarters {:5} to {:5} ms   of {} saves, {} overlooked",
            self.name,
            part(2, &self.times).as_millis(),
            part(1, &self.times).as_millis(),
            part(3, &self.times).as_millis(),
            self.times.len(),
            self.overlooked
        );
        part(2, &self.times)
    }
}

/// Where the time of one save went.
#[derive(Clone, Copy)]
struct Spent {
    cargo: Duration,
    programs: Duration,
    own: Duration,
}

impl Spent {
    /// By the last line that the grader has added: it says so before watch knows the verdict.
    fn of(time: Duration) -> Self {
        let said = fs::read_to_string(std::env::var("FORKLINGS_TIMINGS").unwrap()).unwrap();
        let line = said.lines().rfind(|it| it.starts_with("timings:")).unwrap();
        let figure = |name: &str| {
            let (_, rest) = line.split_once(name).unwrap();
            let number = rest.split_whitespace().next().unwrap();
            Duration::from_millis(number.parse().unwrap())
        };
        let (cargo, programs) = (figure(" cargo "), figure(" programs "));
        assert!(!cargo.is_zero(), "nothing was built: {line}");
        Self {
            cargo,
            programs,
            own: time - cargo - programs - QUIET,
        }
    }
}

/// The median of one figure of all saves.
fn median(of: &[Spent], figure: impl Fn(&Spent) -> Duration) -> u128 {
    let mut figures: Vec<Duration> = of.iter().map(figure).collect();
    figures.sort();
    figures[(figures.len() - 1) / 2].as_millis()
}

fn main() {
    let variable = |name: &str| std::env::var(name).ok();
    let (Some(copy), Some(program)) = (variable("FORKLINGS_COPY"), variable("FORKLINGS_WATCH"))
    else {
        println!("not run: save-to-verdict.sh prepares what it needs");
        return;
    };
    let rounds: usize = variable("ROUNDS").map_or(10, |it| it.parse().unwrap());
    let mut forklings = terminal::watch_by(program.as_ref(), copy.as_ref());
    forklings.arg("hello-pipe");
    let mut other = Command::new(variable("RUSTLINGS").unwrap());
    other
        .current_dir(variable("RUSTLINGS_FOLDER").unwrap())
        .env("TERM", "xterm-256color");
    let mut watchers = [
        Watcher::new("forklings", &mut forklings),
        Watcher::new("rustlings", &mut other),
    ];
    let mut spent = Vec::new();
    // The first saves build what both need once, and are not counted.
    let warm_up = 2;
    for round in 0..rounds + warm_up {
        for which in [0, 1] {
            for watcher in &mut watchers {
                let time = watcher.save(which, round);
                if round >= warm_up {
                    watcher.times.push(time);
                    if watcher.name == "forklings" {
                        spent.push(Spent::of(time));
                    }
                }
            }
        }
    }
    println!("== from a save to its verdict on the screen, each as it is installed");
    let [ours, theirs] = watchers.each_mut().map(Watcher::report);
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("forklings takes {ratio:.2} times as long as rustlings");
    println!("== where the time of ours goes, medians of the same saves");
    let own = median(&spent, |it| it.own);
    println!(
        "wait for quiet {} ms   cargo {} ms   programs {} ms   the grader's own share {own} ms (at most {})",
        QUIET.as_millis(),
        median(&spent, |it| it.cargo),
        median(&spent, |it| it.programs),
        MOST.as_millis()
    );
    assert!(ours <= theirs, "slower than rustlings");
    assert!(
        own < MOST.as_millis(),
        "the grader's own share is too large"
    );
}
