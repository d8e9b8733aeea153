//! Mistake: nothing is read. The messages are made up from the sizes on the command line.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::BorrowedFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use pipes::framing::{MAX_LENGTH, drive};

static RECEIVED: AtomicUsize = AtomicUsize::new(0);

fn send_message(stream: BorrowedFd<'_>, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    let mut stream = File::from(stream.try_clone_to_owned()?);
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(message)
}

fn receive_message(stream: BorrowedFd<'_>) -> io::Result<Option<Vec<u8>>> {
    let _ = stream;
    let index = RECEIVED.fetch_add(1, Ordering::Relaxed);
    let size = std::env::args().nth(2 + index);
    let size = size.and_then(|size| size.parse().ok());
    let size = size.filter(|&size| size <= MAX_LENGTH);
    Ok(size.map(|size| vec![b'x'; size]))
}

fn main() -> ExitCode {
    drive(send_message, receive_message)
}
