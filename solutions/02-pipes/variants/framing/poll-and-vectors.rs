//! Variant: poll(2) before each call, the frame written with writev(2), the message read with `take` and `read_to_end`.

use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pipes::framing::{MAX_LENGTH, drive};

/// Waits until the stream can be read or written, or has ended.
fn wait_for(stream: BorrowedFd<'_>, events: PollFlags) -> io::Result<()> {
    loop {
        match poll(&mut [PollFd::new(stream, events)], PollTimeout::NONE) {
            // No handler makes poll begin anew by itself, `SA_RESTART` or not.
            Err(Errno::EINTR) => {}
            result => return result.map(|_| ()).map_err(io::Error::from),
        }
    }
}

fn send_message(stream: BorrowedFd<'_>, message: &[u8]) -> io::Result<()> {
    let header = u32::try_from(message.len())
        .map_err(io::Error::other)?
        .to_be_bytes();
    let mut file = File::from(stream.try_clone_to_owned()?);
    let mut slices = [IoSlice::new(&header), IoSlice::new(message)];
    let mut rest = &mut slices[..];
    // `advance_slices` also drops what is empty from the start.
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        wait_for(file.as_fd(), PollFlags::POLLOUT)?;
        match file.write_vectored(rest) {
            Ok(count) => IoSlice::advance_slices(&mut rest, count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn receive_message(stream: BorrowedFd<'_>) -> io::Result<Option<Vec<u8>>> {
    let file = File::from(stream.try_clone_to_owned()?);
    let mut header = Vec::new();
    wait_for(file.as_fd(), PollFlags::POLLIN)?;
    (&file).take(4).read_to_end(&mut header)?;
    if header.is_empty() {
        return Ok(None);
    }
    let header: [u8; 4] = header
        .try_into()
        .map_err(|_| io::ErrorKind::UnexpectedEof)?;
    let length = u32::from_be_bytes(header) as usize;
    if length > MAX_LENGTH {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = Vec::with_capacity(length);
    file.take(length as u64).read_to_end(&mut message)?;
    if message.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(message))
}

fn main() -> ExitCode {
    drive(send_message, receive_message)
}
