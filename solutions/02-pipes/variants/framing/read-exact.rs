//! Variant: the standard library's `read_exact` and `write_all`, which repeat short and interrupted calls;
//! header and message leave in one piece.

use std::fs::File;
use std::io::{self, Read, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd};
use std::process::ExitCode;

use pipes::framing::{MAX_LENGTH, drive};

/// The stream as a `File` that does not close it.
fn file(stream: BorrowedFd<'_>) -> ManuallyDrop<File> {
    // SAFETY: the descriptor is open for as long as it is borrowed, and `ManuallyDrop` leaves it open.
    ManuallyDrop::new(unsafe { File::from_raw_fd(stream.as_raw_fd()) })
}

fn send_message(stream: BorrowedFd<'_>, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    let frame = [&length.to_be_bytes(), message].concat();
    file(stream).write_all(&frame)
}

fn receive_message(stream: BorrowedFd<'_>) -> io::Result<Option<Vec<u8>>> {
    let mut stream = file(stream);
    let mut header = [0; 4];
    // The first byte alone tells the end of the stream from an end inside a frame.
    loop {
        match stream.read(&mut header[..1]) {
            Ok(0) => return Ok(None),
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    stream.read_exact(&mut header[1..])?;
    let length = u32::from_be_bytes(header) as usize;
    if length > MAX_LENGTH {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "too long"));
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message)?;
    Ok(Some(message))
}

fn main() -> ExitCode {
    drive(send_message, receive_message)
}
