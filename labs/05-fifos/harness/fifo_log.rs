//! Driver of `fifo-log`: one server that keeps a log, and writers that come and go.
//!
//! Usage: `fifo-log [WRITERS [RECORDS [SIZE]]]` (default `3 5 100`). Two waves of writers, so many at a time, append so many
//! records each; the longest text of each writer has SIZE bytes.
//!
//! The second wave starts when the first has ended and the server has nothing to do. At last a record that says
//! `stop` ends the server.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use nix::libc::O_NONBLOCK;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::cast::{Actor, Doing, Joined, join_all};
use crate::program::{Program, print_line, say};

/// Records of at most so many bytes, newline included, go into a pipe whole, see pipe(7).
pub const PIPE_BUF: usize = nix::libc::PIPE_BUF;

/// The name that the server and the writers know.
const LOG: &str = "log";

/// The text of the record that ends the server.
const STOP: &str = "stop";

/// The shortest text, long enough for what it says.
const SHORTEST: usize = 40;

/// What the student writes for the server.
pub type Serve = fn(path: &Path, log: &mut Log) -> io::Result<()>;

/// What the student writes for the writers.
pub type Append = fn(fifo: &File, text: &str) -> io::Result<()>;

/// What has been logged.
#[derive(Debug, Default)]
pub struct Log {
    /// By writer: the numbers of the records that came whole.
    whole: BTreeMap<usize, Vec<usize>>,
    torn: usize,
    stopped: bool,
}

impl Log {
    /// Takes a record, without its newline. `Break` tells the server to end: no record will come any more.
    pub fn enter(&mut self, record: &str) -> ControlFlow<()> {
        if record == STOP {
            self.stopped = true;
            return ControlFlow::Break(());
        }
        match parse(record) {
            Some((writer, number)) => self.whole.entry(writer).or_default().push(number),
            None => self.torn += 1,
        }
        ControlFlow::Continue(())
    }

    fn print(&self) {
        for (writer, numbers) in &self.whole {
            let state = if numbers.is_sorted() {
                "in order"
            } else {
                "in disorder"
            };
            say(&format!(
                "writer {writer}: {} whole records, {state}",
                numbers.len()
            ));
        }
        if self.torn > 0 {
            say("and records that are torn");
        }
        if self.stopped {
            say("stopped as told");
        }
    }
}

/// The text of a record: so many bytes, from which it can be seen whether any is missing.
fn text(writer: usize, number: usize, size: usize) -> String {
    let start = format!("writer {writer} record {number} of {size} bytes: ");
    let letters = (b'a'..=b'z').cycle().map(char::from);
    let filled = size.saturating_sub(start.len());
    start.chars().chain(letters.take(filled)).collect()
}

fn parse(record: &str) -> Option<(usize, usize)> {
    let words: Vec<&str> = record.split(' ').collect();
    let ["writer", writer, "record", number, "of", size, ..] = words[..] else {
        return None;
    };
    let (writer, number) = (writer.parse().ok()?, number.parse().ok()?);
    (text(writer, number, size.parse().ok()?) == record).then_some((writer, number))
}

/// Runs the exercise, or one of its programs.
#[must_use]
pub fn drive(serve: Serve, append: Append) -> ExitCode {
    let program = Program::begin();
    let mut arguments = std::env::args().skip(1).peekable();
    let part = arguments.next_if(|word| word == "serve" || word == "write");
    let Ok(numbers) = arguments
        .map(|word| word.parse())
        .collect::<Result<Vec<usize>, _>>()
    else {
        eprintln!("usage: fifo-log [WRITERS [RECORDS [SIZE]]]");
        return ExitCode::from(2);
    };
    match part.as_deref() {
        Some("serve") => {
            let mut log = Log::default();
            let served = serve(Path::new(LOG), &mut log);
            program.end("serve", served, |()| log.print())
        }
        Some(_) => program.end("append", write(append, &numbers), |()| {}),
        None => {
            let number = |at: usize, default| numbers.get(at).copied().unwrap_or(default);
            let ended = lead(append, number(0, 3), number(1, 5), number(2, 100));
            program.end("the driver", ended, |()| print_line("all programs ended"))
        }
    }
}

/// A writer: its number, how many records it has, and the size of its longest text.
fn write(append: Append, numbers: &[usize]) -> io::Result<()> {
    let [writer, records, longest] = *numbers else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let fifo = OpenOptions::new().write(true).open(LOG)?;
    for number in 1..=records {
        let size = match number % 3 {
            0 => longest,
            1 => SHORTEST,
            _ => longest / 2,
        };
        match append(&fifo, &text(writer, number, size.max(SHORTEST))) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                say(&format!(
                    "writer {writer}: record {number} of {size} bytes was refused"
                ));
            }
            result => result?,
        }
    }
    Ok(())
}

/// The FIFO's name. It goes when this value does.
struct Name;

impl Drop for Name {
    fn drop(&mut self) {
        // If it is not there, there is nothing to remove.
        let _ = fs::remove_file(LOG);
    }
}

fn lead(append: Append, writers: usize, records: usize, longest: usize) -> io::Result<()> {
    mkfifo(LOG, Mode::S_IRUSR | Mode::S_IWUSR)?;
    let _name = Name;
    let mut server = Actor::start("serve", &[])?;
    if server.until_idle()? == Doing::Ended {
        return ended_early(&mut server);
    }
    let mut next = 1;
    for _ in 0..2 {
        let mut wave = Vec::new();
        for writer in next..next + writers {
            let words = [writer, records, longest].map(|number| number.to_string());
            wave.push(Actor::start(
                "write",
                &words.each_ref().map(String::as_str),
            )?);
        }
        next += writers;
        if join_all(wave, Some(&server))? == Joined::ServerEnded {
            return ended_early(&mut server);
        }
        match server.until_idle()? {
            Doing::Sleeps if server.has_open(LOG) == Some(false) => {
                // A writer that comes while it closes and opens is let in by the old end, and its records go with that.
                print_line("closed: with no writer there, the server has closed the FIFO");
            }
            Doing::Sleeps => {}
            Doing::Ended => return ended_early(&mut server),
            Doing::Spins => {
                print_line("busy: with no writer there, the server asks again and again");
            }
        }
    }
    // Without waiting: a server that has gone would never open the other end.
    let open = OpenOptions::new()
        .write(true)
        .custom_flags(O_NONBLOCK)
        .open(LOG);
    append(&open?, STOP)?;
    server.join()
}

/// Says so, unless the server failed.
fn ended_early(server: &mut Actor) -> io::Result<()> {
    server.join()?;
    print_line("ended early: the server left before it was told to stop");
    Ok(())
}
