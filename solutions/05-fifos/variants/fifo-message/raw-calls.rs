//! Variant: the system calls by themselves; the receiver opens without waiting and lets `poll` wait for the sender.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_message::drive;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{Mode, SFlag, mknod};
use nix::unistd::{read, unlink, write};

fn ensure_fifo(path: &Path) -> nix::Result<()> {
    match mknod(path, SFlag::S_IFIFO, Mode::S_IRUSR | Mode::S_IWUSR, 0) {
        Err(Errno::EEXIST) => Ok(()),
        result => result,
    }
}

fn send(path: &Path, message: &[u8]) -> io::Result<()> {
    let mut message = message;
    ensure_fifo(path)?;
    let fifo = open(path, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    while !message.is_empty() {
        match write(&fifo, message) {
            Ok(count) => message = &message[count..],
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn receive(path: &Path) -> io::Result<Vec<u8>> {
    ensure_fifo(path)?;
    // To open for reading without waiting always succeeds.
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let fifo = open(path, flags, Mode::empty())?;
    let mut message = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        // Before the first writer has come there is no end of file for `poll`, but there would be one for `read`.
        poll(&mut [PollFd::new(fifo.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE)?;
        match read(&fifo, &mut buffer) {
            Ok(0) => break,
            Ok(count) => message.extend_from_slice(&buffer[..count]),
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    unlink(path)?;
    Ok(message)
}

fn main() -> ExitCode {
    drive(send, receive)
}
