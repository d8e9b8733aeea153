//! A connection whose other side may take its time, but not for ever.
//!
//! Most clients have said everything before anybody listens, and a reply fits into the socket's buffer. So each call is first made
//! without waiting (MSG_DONTWAIT). Only who would have to wait is given the settings for that, which cost a call each.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv, send};

/// A connection, and how long its other side may be silent.
#[derive(Debug)]
pub(crate) struct Patient {
    stream: TcpStream,
    patience: Option<Duration>,
    /// Whether it can be waited for: the settings are made.
    can_wait: Cell<bool>,
}

impl Patient {
    pub(crate) fn new(stream: TcpStream, patience: Option<Duration>) -> Self {
        Self {
            stream,
            patience,
            can_wait: Cell::new(false),
        }
    }

    /// Says that nothing follows.
    pub(crate) fn end_writing(&self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Whether a call that was made without waiting has to be made again, and may wait then.
    fn would_wait<T>(&self, result: &nix::Result<T>) -> io::Result<bool> {
        if !matches!(result, Err(Errno::EAGAIN)) {
            return Ok(false);
        }
        // Whatever it was accepted with, or has from its listener: timeouts are inherited.
        self.stream.set_nonblocking(false)?;
        self.stream.set_read_timeout(self.patience)?;
        self.stream.set_write_timeout(self.patience)?;
        self.can_wait.set(true);
        Ok(true)
    }
}

impl Read for &Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.can_wait.get() {
            let received = recv(self.stream.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT);
            if !self.would_wait(&received)? {
                return Ok(received?);
            }
        }
        (&self.stream).read(buffer)
    }
}

impl Write for &Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.can_wait.get() {
            // Who has gone is an error of this call, and no signal.
            let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
            let sent = send(self.stream.as_raw_fd(), bytes, flags);
            if !self.would_wait(&sent)? {
                return Ok(sent?);
            }
        }
        (&self.stream).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
