//! Reports of a server's processes to their driver: a pipe of records of one size.
//!
//! A record is far shorter than PIPE_BUF, so it is written and read whole, whoever else writes.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::{pipe2, read, write};

/// What a record holds: numbers, whose meaning the driver knows.
pub(crate) type Words = [u32; 2];

const BYTES: usize = size_of::<Words>();

/// The end that records are read from.
#[derive(Debug)]
pub(crate) struct Receiver(OwnedFd);

/// The end that records are written to.
#[derive(Debug)]
pub(crate) struct Sender(OwnedFd);

/// A new wire. Programs that are executed do not inherit it.
pub(crate) fn wire() -> nix::Result<(Receiver, Sender)> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    Ok((Receiver(reader), Sender(writer)))
}

impl Sender {
    /// Writes a record; again, if a signal comes first. A driver that has gone is no concern of a server's.
    pub(crate) fn send(&self, words: Words) {
        let mut bytes = [0; BYTES];
        for (bytes, word) in bytes.chunks_exact_mut(4).zip(words) {
            bytes.copy_from_slice(&word.to_ne_bytes());
        }
        while write(&self.0, &bytes) == Err(Errno::EINTR) {}
    }
}

impl Receiver {
    /// Waits for a record. `None` when nobody has the other end any more.
    pub(crate) fn receive(&self) -> nix::Result<Option<Words>> {
        let mut bytes = [0; BYTES];
        loop {
            match read(&self.0, &mut bytes) {
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
                Ok(0) => return Ok(None),
                Ok(_) => break,
            }
        }
        let mut words = [0; 2];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            let mut four = [0; 4];
            four.copy_from_slice(bytes);
            *word = u32::from_ne_bytes(four);
        }
        Ok(Some(words))
    }
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
