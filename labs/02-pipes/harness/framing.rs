//! Driver of `framing`: puts the student's functions between streams that behave badly.
//!
//! Usage: `framing [MODE NUMBER...]` (default `together 5 0 300`).
//!
//! | mode | numbers | what happens |
//! | --- | --- | --- |
//! | `together` | sizes of messages | all frames are in the pipe before the first read |
//! | `dribble` | sizes | every read gets a single byte |
//! | `interrupted-read` | sizes | and a signal ends the first 24 reads, `EINTR` |
//! | `cut-off` | bytes | streams that end after so many bytes of a frame of 14 |
//! | `too-long` | lengths | frames that announce so many bytes |
//! | `short-write` | sizes | a signal ends every write that waits for room, after a part of the bytes |
//! | `interrupted-write` | sizes | and another one before any byte, `EINTR` |
//!
//! Nothing here depends on time: the peer sends a signal when the kernel says that the process under
//! test sleeps, and goes on when the handler has run and the process sleeps again.

mod peer;

use std::fmt::Display;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::{pipe2, read, write};

use crate::program::{Program, print_line};
use peer::{Interruptions, Peer};

/// The largest message: a longer one is refused before memory is set aside for it.
pub const MAX_LENGTH: usize = 1 << 20;

/// What a pipe holds by default, see pipe(7).
const PIPE_CAPACITY: usize = 1 << 16;

/// What the student writes: send one message as a frame.
pub type SendMessage = fn(stream: BorrowedFd<'_>, message: &[u8]) -> io::Result<()>;

/// What the student writes: receive one message; `None` at the end of the stream.
pub type ReceiveMessage = fn(stream: BorrowedFd<'_>) -> io::Result<Option<Vec<u8>>>;

/// Runs the exercise.
#[must_use]
pub fn drive(send_message: SendMessage, receive_message: ReceiveMessage) -> ExitCode {
    let program = Program::begin();
    let Some((mode, numbers)) = arguments() else {
        eprintln!("usage: framing [MODE NUMBER...]: see harness/framing.rs for the modes");
        return ExitCode::from(2);
    };
    let result = match mode.as_str() {
        "together" => together(receive_message, &numbers),
        "dribble" => from_peer(receive_message, &numbers, Interruptions::None),
        "interrupted-read" => from_peer(receive_message, &numbers, Interruptions::Interrupt),
        "cut-off" => cut_off(receive_message, &numbers),
        "too-long" => too_long(receive_message, &numbers),
        "short-write" => to_peer(send_message, &numbers, Interruptions::Restart),
        "interrupted-write" => to_peer(send_message, &numbers, Interruptions::Interrupt),
        _ => {
            eprintln!("usage: framing [MODE NUMBER...]: there is no mode {mode}");
            return ExitCode::from(2);
        }
    };
    program.end("the driver", result, |()| {})
}

fn arguments() -> Option<(String, Vec<usize>)> {
    let mut words = std::env::args().skip(1);
    let Some(mode) = words.next() else {
        return Some(("together".to_owned(), vec![5, 0, 300]));
    };
    let numbers = words
        .map(|word| word.parse().ok())
        .collect::<Option<Vec<_>>>()?;
    Some((mode, numbers))
}

/// A frame: the length of the message in four bytes, the most significant first, and the message.
fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), message].concat()
}

/// A message of lowercase letters that nobody can know who does not know the seed.
fn message(seed: u64, index: usize, size: usize) -> Vec<u8> {
    let mut state = (seed ^ index as u64) | 1;
    let letters = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b'a' + (state >> 32).to_le_bytes()[0] % 26
    });
    letters.take(size).collect()
}

/// Different in every run.
fn fresh_seed() -> u64 {
    RandomState::new().hash_one(0)
}

/// Many messages in one read, if one reads too much.
fn together(receive_message: ReceiveMessage, sizes: &[usize]) -> io::Result<()> {
    let seed = fresh_seed();
    let messages = sizes.iter().enumerate();
    let frames: Vec<u8> = messages
        .flat_map(|(index, &size)| frame(&message(seed, index, size)))
        .collect();
    if frames.len() > PIPE_CAPACITY {
        return Err(io::Error::other(
            "the messages do not fit into a pipe together",
        ));
    }
    let (read_end, write_end) = pipe2(OFlag::O_CLOEXEC)?;
    write(&write_end, &frames)?;
    drop(write_end);
    receive_all(receive_message, &read_end, sizes, || seed)
}

/// Messages from a peer that sends single bytes.
fn from_peer(
    receive_message: ReceiveMessage,
    sizes: &[usize],
    interruptions: Interruptions,
) -> io::Result<()> {
    // In packet mode (`O_DIRECT`, see pipe(2)) bytes written one by one are also read one by one.
    let (read_end, write_end) = pipe2(OFlag::O_CLOEXEC | OFlag::O_DIRECT)?;
    let (peer, read_end) = Peer::start(interruptions, read_end, write_end, |far, write_end| {
        far.write_frames(&write_end, sizes)
    })?;
    let result = receive_all(receive_message, &read_end, sizes, || peer.seed());
    // A peer that still has something to say learns that nobody listens.
    drop(read_end);
    peer.join();
    result
}

/// Receives until the end of the stream, and says what came.
fn receive_all(
    receive_message: ReceiveMessage,
    stream: &OwnedFd,
    sizes: &[usize],
    seed: impl Fn() -> u64,
) -> io::Result<()> {
    let mut got_a_message = false;
    for index in 0..=sizes.len() {
        let number = index + 1;
        let received = receive_message(stream.as_fd());
        let expected = sizes.get(index).map(|&size| message(seed(), index, size));
        let judgement = match (&received, &expected) {
            (Ok(None), _) => "end of the stream".to_owned(),
            (Ok(Some(message)), Some(expected)) if message == expected => {
                format!("{} bytes, intact", message.len())
            }
            (Ok(Some(message)), Some(expected)) if message.len() == expected.len() => {
                format!("{} bytes, damaged", message.len())
            }
            (Ok(Some(message)), Some(expected)) => {
                format!("{} bytes instead of {}", message.len(), expected.len())
            }
            (Ok(Some(message)), None) => format!("{} bytes, which nobody sent", message.len()),
            (Err(error), _) => refusal(error),
        };
        print_line(&format!("message {number}: {judgement}"));
        got_a_message |= matches!(received, Ok(Some(_)));
        if !matches!(&received, Ok(message) if *message == expected) {
            break;
        }
    }
    let sent: usize = sizes.iter().map(|size| 4 + size).sum();
    if got_a_message && bytes_left(stream)? == sent {
        print_line("made up: nothing was read from the stream");
    }
    Ok(())
}

/// Reads what the student left in the stream.
fn bytes_left(stream: &OwnedFd) -> io::Result<usize> {
    let mut buffer = [0; 4096];
    let mut left = 0;
    loop {
        match read(stream, &mut buffer) {
            Ok(0) => return Ok(left),
            Ok(count) => left += count,
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn refusal(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "refused, the stream ends inside it".to_owned(),
        io::ErrorKind::InvalidData => "refused, it is too long".to_owned(),
        _ => format!("failed: {error}"),
    }
}

/// Streams that end after a part of a frame.
fn cut_off(receive_message: ReceiveMessage, cuts: &[usize]) -> io::Result<()> {
    let frame = frame(&message(fresh_seed(), 0, 10));
    for &cut in cuts {
        let start = &frame[..cut.min(frame.len())];
        let what = format!("{} of {} bytes", start.len(), frame.len());
        receive_one(receive_message, start, &what)?;
    }
    Ok(())
}

/// Frames that announce more than anybody should believe.
fn too_long(receive_message: ReceiveMessage, lengths: &[usize]) -> io::Result<()> {
    for &length in lengths {
        let header = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
        receive_one(
            receive_message,
            &header,
            &format!("{length} bytes announced"),
        )?;
    }
    Ok(())
}

fn receive_one(receive_message: ReceiveMessage, bytes: &[u8], what: &str) -> io::Result<()> {
    let (read_end, write_end) = pipe2(OFlag::O_CLOEXEC)?;
    write(&write_end, bytes)?;
    drop(write_end);
    let judgement = match receive_message(read_end.as_fd()) {
        Ok(None) => "end of the stream".to_owned(),
        Ok(Some(message)) => format!("taken as a message of {} bytes", message.len()),
        Err(error) => refusal(&error),
    };
    print_line(&format!("{what}: {judgement}"));
    Ok(())
}

/// Messages to a peer that reads slowly and interrupts.
fn to_peer(
    send_message: SendMessage,
    sizes: &[usize],
    interruptions: Interruptions,
) -> io::Result<()> {
    let (read_end, write_end) = pipe2(OFlag::O_CLOEXEC)?;
    let (peer, write_end) = Peer::start(interruptions, write_end, read_end, |far, read_end| {
        far.read_frames(&read_end, sizes)
    })?;
    let mut said_to_be_sent = 0;
    for (index, &size) in sizes.iter().enumerate() {
        let sent = send_message(write_end.as_fd(), &message(peer.seed(), index, size));
        let judgement: &dyn Display = match &sent {
            Ok(()) => &"sent",
            Err(error) => &format!("not sent: {error}"),
        };
        print_line(&format!("message {}: {judgement}", index + 1));
        if sent.is_err() {
            break;
        }
        said_to_be_sent += 1;
    }
    // The peer sees the end of the stream.
    drop(write_end);
    if peer.join() == 0 && said_to_be_sent > 0 {
        print_line("made up: nothing was written to the stream");
    }
    Ok(())
}
