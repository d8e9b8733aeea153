//! Variant: text and newline leave together by `writev`; the server waits in `poll` on a descriptor that does not block.

use std::fs::File;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_log::{Log, PIPE_BUF, drive};
use nix::libc::O_NONBLOCK;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

fn serve(path: &Path, log: &mut Log) -> io::Result<()> {
    let mut fifo = File::options()
        .read(true)
        .custom_flags(O_NONBLOCK)
        .open(path)?;
    let _own_write_end = File::options().write(true).open(path)?;
    let mut pending = String::new();
    let mut buffer = [0; 1000];
    loop {
        poll(&mut [PollFd::new(fifo.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE)?;
        let count = match fifo.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            result => result?,
        };
        pending.push_str(str::from_utf8(&buffer[..count]).map_err(io::Error::other)?);
        while let Some((record, rest)) = pending.split_once('\n') {
            if log.enter(record).is_break() {
                return Ok(());
            }
            pending = rest.to_owned();
        }
    }
}

fn append(fifo: &File, text: &str) -> io::Result<()> {
    let mut fifo = fifo;
    if text.len() >= PIPE_BUF {
        return Err(ErrorKind::InvalidInput.into());
    }
    let parts = [IoSlice::new(text.as_bytes()), IoSlice::new(b"\n")];
    fifo.write_vectored(&parts).map(|_| ())
}

fn main() -> ExitCode {
    drive(serve, append)
}
