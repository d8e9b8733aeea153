//! Variant: the server opens the FIFO for reading and writing at once, which Linux allows and POSIX leaves open; records are
//! written with `write` and split by hand.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_log::{Log, PIPE_BUF, drive};
use nix::errno::Errno;
use nix::unistd::write;

fn serve(path: &Path, log: &mut Log) -> io::Result<()> {
    // Neither this open nor any read of it waits for the first writer: there is one, this process.
    let mut fifo = File::options().read(true).write(true).open(path)?;
    let mut pending = Vec::new();
    let mut buffer = [0; PIPE_BUF];
    loop {
        let count = fifo.read(&mut buffer)?;
        pending.extend_from_slice(&buffer[..count]);
        while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let record: Vec<u8> = pending.drain(..=end).collect();
            let text = String::from_utf8(record).map_err(io::Error::other)?;
            if log.enter(text.trim_end_matches('\n')).is_break() {
                return Ok(());
            }
        }
    }
}

fn append(fifo: &File, text: &str) -> io::Result<()> {
    let mut record = text.as_bytes().to_vec();
    record.push(b'\n');
    if record.len() > PIPE_BUF {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "too long"));
    }
    loop {
        // Such a record is taken whole or not at all, so its length need not be looked at.
        match write(fifo.as_fd(), &record) {
            Err(Errno::EINTR) => {}
            result => return result.map(|_| ()).map_err(io::Error::from),
        }
    }
}

fn main() -> ExitCode {
    drive(serve, append)
}
