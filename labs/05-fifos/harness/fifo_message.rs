//! Driver of `fifo-message`: two programs that have nothing in common but the name of a FIFO.
//!
//! Usage: `fifo-message [ORDER [SIZE]]` (default `sender-first 0`) starts both of them; SIZE is the number of bytes that follow
//! the greeting.
//!
//! | order | what happens |
//! | --- | --- |
//! | `sender-first` | the receiver starts when the sender waits |
//! | `receiver-first` | the sender starts when the receiver waits |
//! | `stale` | as `receiver-first`, and the FIFO is there already, left by a program that crashed |
//!
//! In two terminals: `fifo-message send PATH [SIZE]` and `fifo-message receive PATH`.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::ExitCode;

use nix::sys::stat::{Mode, umask};
use nix::unistd::{getpid, mkfifo};

use crate::cast::{Actor, Doing, join_all};
use crate::program::{Program, print_line, say};

/// The name that both programs know.
const LETTERBOX: &str = "letterbox";

/// The rights of everybody but the owner.
const OTHERS: u32 = 0o077;

/// What the student writes for the one program.
pub type Send = fn(path: &Path, message: &[u8]) -> io::Result<()>;

/// What the student writes for the other.
pub type Receive = fn(path: &Path) -> io::Result<Vec<u8>>;

/// Runs the exercise, or one of its two programs.
#[must_use]
pub fn drive(send: Send, receive: Receive) -> ExitCode {
    let program = Program::begin();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let usage = || {
        eprintln!(
            "usage: fifo-message [sender-first|receiver-first|stale [SIZE]], or send PATH [SIZE], or receive PATH"
        );
        ExitCode::from(2)
    };
    let Some(size) = size(&words) else {
        return usage();
    };
    match words.first().copied().unwrap_or("sender-first") {
        "send" if words.len() > 1 => {
            let sent = send(Path::new(words[1]), &message(size));
            refuse_nothing_that_is_there(&sent);
            program.end("send", sent, |()| say("sent its message"))
        }
        "receive" if words.len() > 1 => {
            let received = receive(Path::new(words[1]));
            refuse_nothing_that_is_there(&received);
            program.end("receive", received, |message| show(&message))
        }
        order @ ("sender-first" | "receiver-first" | "stale") => {
            let ended = both(order, size);
            program.end("the driver", ended, |()| print_line("both programs ended"))
        }
        _ => usage(),
    }
}

fn size(words: &[&str]) -> Option<usize> {
    let at = if words.first() == Some(&"send") { 2 } else { 1 };
    match words.get(at) {
        Some(_) if words[0] == "receive" => Some(0),
        Some(word) => word.parse().ok(),
        None => Some(0),
    }
}

/// Starts the two programs in the order that is asked for.
fn both(order: &str, size: usize) -> io::Result<()> {
    if order == "stale" {
        mkfifo(LETTERBOX, Mode::S_IRUSR | Mode::S_IWUSR)?;
    }
    let size = size.to_string();
    let mut parts = [
        ("send", vec![LETTERBOX, size.as_str()]),
        ("receive", vec![LETTERBOX]),
    ];
    if order != "sender-first" {
        parts.reverse();
    }
    let [(first, first_arguments), (second, second_arguments)] = parts;
    // The usual one, whatever the user's own is: it takes no right from the owner, and not all from others.
    umask(Mode::S_IWGRP | Mode::S_IWOTH);
    let mut first = Actor::start(first, &first_arguments)?;
    // It should wait for the other now, which is not there yet.
    let mut actors = Vec::new();
    if first.until_idle()? == Doing::Ended {
        first.join()?;
        print_line("the first program did not wait for the second");
    } else {
        // Who waits in `open` has made the FIFO, if it was not there.
        let is_open =
            |it: &fs::Metadata| it.file_type().is_fifo() && it.permissions().mode() & OTHERS != 0;
        if fs::metadata(LETTERBOX).is_ok_and(|it| is_open(&it)) {
            print_line("open to others: not only its owner may use the FIFO");
        }
        actors.push(first);
    }
    actors.push(Actor::start(second, &second_arguments)?);
    join_all(actors, None).map(|_| ())
}

/// The message: it names the process that composed it.
fn message(size: usize) -> Vec<u8> {
    let mut message = format!("hello from [pid {}]\n", getpid()).into_bytes();
    message.extend(letters(size));
    message
}

fn letters(count: usize) -> impl Iterator<Item = u8> {
    (b'a'..=b'z').cycle().take(count)
}

fn show(message: &[u8]) {
    let length = message.iter().position(|byte| *byte == b'\n');
    let (greeting, rest) = message.split_at(length.map_or(message.len(), |at| at + 1));
    // A damaged message can be long; the greeting itself is far shorter than this.
    let greeting = &greeting[..greeting.len().min(80)];
    say(&format!(
        "received: {}",
        String::from_utf8_lossy(greeting).trim_end()
    ));
    let intact = rest.iter().copied().eq(letters(rest.len()));
    let state = if intact { "intact" } else { "damaged" };
    say(&format!("and {} bytes more, {state}", rest.len()));
}

/// Names the one error that is none: somebody else has made the FIFO.
fn refuse_nothing_that_is_there<T>(result: &io::Result<T>) {
    if let Err(error) = result
        && error.kind() == io::ErrorKind::AlreadyExists
    {
        say("refused the FIFO because it was there already");
    }
}
