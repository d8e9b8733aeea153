//! Reference answer of `framing`.

use std::io;
use std::os::fd::BorrowedFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::unistd::{read, write};
use pipes::framing::{MAX_LENGTH, drive};

fn send_message(stream: BorrowedFd<'_>, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    write_fully(stream, &length.to_be_bytes())?;
    write_fully(stream, message)
}

fn receive_message(stream: BorrowedFd<'_>) -> io::Result<Option<Vec<u8>>> {
    let mut header = [0; 4];
    match read_fully(stream, &mut header)? {
        0 => return Ok(None), // between two messages: the sender has finished
        4 => {}
        _ => return Err(io::ErrorKind::UnexpectedEof.into()),
    }
    let length = u32::from_be_bytes(header) as usize;
    // Four bytes from elsewhere decide how much memory is set aside: so they are looked at first.
    if length > MAX_LENGTH {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; length];
    // Exactly `length` bytes are asked for: what follows is the next message's.
    if read_fully(stream, &mut message)? < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(message))
}

/// Reads until the buffer is full or the stream ends, and returns how much was read.
fn read_fully(stream: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match read(stream, &mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(Errno::EINTR) => {} // nothing was read: again
            Err(error) => return Err(error.into()),
        }
    }
    Ok(filled)
}

/// Writes every byte. A signal in the middle of a write shows as a short count, one before it as `EINTR`.
fn write_fully(stream: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        match write(stream, &bytes[written..]) {
            Ok(count) => written += count,
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(send_message, receive_message)
}
