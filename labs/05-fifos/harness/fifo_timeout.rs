//! Driver of `fifo-timeout`: a writer that does not wait for a reader for ever.
//!
//! Usage: `fifo-timeout [MODE [NUMBER]]` (default `late-reader 100`).
//!
//! | mode | number | what happens |
//! | --- | --- | --- |
//! | `reader-first` | bytes of the message | the writer starts when the reader waits |
//! | `late-reader` | bytes of the message | the reader starts when the writer waits |
//! | `no-reader` | milliseconds | the writer gives up after that time |

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::{self, c_long};
use nix::sys::stat::Mode;
use nix::unistd::{gettid, mkfifo};

use crate::cast::{Actor, Doing, join_all};
use crate::program::{Program, print_line, say};

/// The name that the writer and the reader know.
const CHANNEL: &str = "channel";

/// Patience that no run of this exercise exhausts, in milliseconds.
const LONG: &str = "60000";

/// A thread that has neither ended nor gone to sleep for so long does something else.
const SETTLED: Duration = Duration::from_secs(5);

/// Between two looks at a thread.
const LOOKS: Duration = Duration::from_millis(1);

/// What the student writes: open the FIFO for writing, or give up after a time.
pub type OpenWithin = fn(path: &Path, patience: Duration) -> io::Result<File>;

/// Runs the exercise, or one of its programs.
#[must_use]
pub fn drive(open_within: OpenWithin) -> ExitCode {
    let program = Program::begin();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = match words[..] {
        [] => both("late-reader", "100"),
        ["write", patience, size] => match (patience.parse(), size.parse()) {
            (Ok(patience), Ok(size)) => write(open_within, Duration::from_millis(patience), size),
            _ => return usage(),
        },
        ["read"] => read(),
        [
            mode @ ("reader-first" | "late-reader" | "no-reader"),
            number,
        ] if number.parse::<u32>().is_ok() => both(mode, number),
        _ => return usage(),
    };
    program.end("open_within", ended, |()| {
        if !matches!(words[..], ["write", ..] | ["read"]) {
            print_line("all programs ended");
        }
    })
}

fn usage() -> ExitCode {
    eprintln!(
        "usage: fifo-timeout [reader-first SIZE | late-reader SIZE | no-reader MILLISECONDS]"
    );
    ExitCode::from(2)
}

/// The FIFO's name. It goes when this value does.
struct Name;

impl Drop for Name {
    fn drop(&mut self) {
        // If it is not there, there is nothing to remove.
        let _ = fs::remove_file(CHANNEL);
    }
}

/// Starts the programs in the order that is asked for.
fn both(mode: &str, number: &str) -> io::Result<()> {
    mkfifo(CHANNEL, Mode::S_IRUSR | Mode::S_IWUSR)?;
    let _name = Name;
    let mut cast = Vec::new();
    if mode == "reader-first" {
        let reader = Actor::start("read", &[])?;
        reader.until_idle()?;
        cast.push(reader);
    }
    let patience = if mode == "no-reader" {
        [number, "1"]
    } else {
        [LONG, number]
    };
    let mut writer = Actor::start("write", &patience)?;
    if mode == "late-reader" {
        match writer.until_idle()? {
            Doing::Sleeps => {}
            // It has said why. There is nothing to read.
            Doing::Ended => return writer.join(),
            Doing::Spins => print_line("busy: the writer asks for a reader again and again"),
        }
        cast.push(Actor::start("read", &[])?);
    }
    cast.push(writer);
    join_all(cast, None).map(|_| ())
}

/// The writer.
fn write(open_within: OpenWithin, patience: Duration, size: usize) -> io::Result<()> {
    let begun = Instant::now();
    let opened = open_within(Path::new(CHANNEL), patience);
    if is_a_thread_in_open() {
        say("left behind: a thread that still waits in `open`");
    }
    let mut channel = match opened {
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            if begun.elapsed() < patience {
                say("gave up too early: there was time left");
            } else {
                say("gave up: nobody reads");
            }
            return Ok(());
        }
        result => result?,
    };
    let flags = OFlag::from_bits_retain(fcntl(&channel, FcntlArg::F_GETFL)?);
    if flags.contains(OFlag::O_NONBLOCK) {
        say("still non-blocking: a write that finds the FIFO full would fail");
    }
    let message: Vec<u8> = letters(size).collect();
    channel.write_all(&message)?;
    say(&format!("sent {size} bytes"));
    Ok(())
}

/// Whether another thread of this process sleeps in `open`. One that is about to end, or to come there, is waited for.
fn is_a_thread_in_open() -> bool {
    let threads = || {
        fs::read_dir("/proc/self/task")
            .into_iter()
            .flatten()
            .flatten()
    };
    let others = threads().filter(|it| it.file_name() != *gettid().to_string());
    others.into_iter().any(|thread| {
        let file = |name: &str| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
        let begun = Instant::now();
        while begun.elapsed() < SETTLED {
            // Behind the name, which may contain anything; a thread that has gone has no state.
            match file("stat")
                .rsplit_once(") ")
                .and_then(|(_, it)| it.chars().next())
            {
                Some('S') => {
                    let call = file("syscall");
                    let number = call.split_whitespace().next();
                    return number.and_then(|it| it.parse().ok()).is_some_and(opens);
                }
                None | Some('Z' | 'X') => return false,
                _ => sleep(LOOKS),
            }
        }
        false
    })
}

/// Whether this is the number of a call that opens a file.
fn opens(call: c_long) -> bool {
    #[cfg(target_arch = "x86_64")]
    if call == libc::SYS_open {
        return true;
    }
    [libc::SYS_openat, libc::SYS_openat2].contains(&call)
}

/// The reader.
fn read() -> io::Result<()> {
    let mut message = Vec::new();
    File::open(CHANNEL)?.read_to_end(&mut message)?;
    let intact = message.iter().copied().eq(letters(message.len()));
    let state = if intact { "intact" } else { "damaged" };
    say(&format!("received {} bytes, {state}", message.len()));
    Ok(())
}

fn letters(count: usize) -> impl Iterator<Item = u8> {
    (b'a'..=b'z').cycle().take(count)
}
