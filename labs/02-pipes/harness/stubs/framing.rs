//! Exercise `framing`: messages over a stream of bytes.
//!
//! It shows that a pipe carries bytes and no messages: one write can arrive in many reads and many
//! writes in one, a read or write can end early because of a signal, and the stream can end at any byte.
//!
//! Calls: read(2), write(2); see also signal(7) for `EINTR`, and pipe(7).
//! Run it: `cargo run -p pipes --bin framing`, and with a stream that behaves badly:
//! `… -- dribble 5 0 300`. The modes are listed in harness/framing.rs.
//! Edit: the bodies of `send_message` and `receive_message`.

use std::io;
use std::os::fd::BorrowedFd;
use std::process::ExitCode;

use pipes::framing::{MAX_LENGTH, drive};

/// Sends one message as a frame: its length in four bytes, the most significant first, and then its bytes.
///
/// - Every byte is written, however many of them the kernel takes at a time.
/// - A write that a signal interrupts (`EINTR`) is tried again.
fn send_message(stream: BorrowedFd<'_>, message: &[u8]) -> io::Result<()> {
    // TODO: write the header and the message.
    todo!("send {} bytes over {stream:?}", message.len())
}

/// Receives one message, and reads nothing that comes after it; `None` if the stream ends before its first byte.
///
/// - A read can return fewer bytes than it was asked for: then the rest comes later.
/// - A read that a signal interrupts (`EINTR`) is tried again.
/// - If the stream ends inside the frame: an error of the kind `UnexpectedEof`.
/// - If the frame announces more than `MAX_LENGTH` bytes: an error of the kind `InvalidData`, and no memory set aside.
fn receive_message(stream: BorrowedFd<'_>) -> io::Result<Option<Vec<u8>>> {
    // TODO: read the header, then the message.
    todo!("receive a message of at most {MAX_LENGTH} bytes from {stream:?}")
}

fn main() -> ExitCode {
    drive(send_message, receive_message)
}
