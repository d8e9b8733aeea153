//! Mistake: what one read returns is taken for whole records, as many as there are newlines in it. With a buffer as large as the pipe that
//! is so nearly always.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_log::{Log, PIPE_BUF, drive};

fn serve(path: &Path, log: &mut Log) -> io::Result<()> {
    // Waits until the first writer comes.
    let fifo = File::open(path)?;
    // A write end of the server's own, which nobody ever writes to: as long as it is open there is no end of file, and
    // `read` sleeps until the next writer comes. Opened after the read end: before it, this would wait for a reader, which
    // nobody but this process is going to be.
    let never_the_last_writer = OpenOptions::new().write(true).open(path)?;
    let mut fifo = fifo;
    let mut buffer = vec![0; 65536];
    'log: loop {
        let count = fifo.read(&mut buffer)?;
        for line in String::from_utf8_lossy(&buffer[..count]).lines() {
            if log.enter(line).is_break() { break 'log; }
        }
    }
    drop(never_the_last_writer);
    Ok(())
}

fn append(fifo: &File, text: &str) -> io::Result<()> {
    let mut fifo = fifo;
    let record = format!("{text}\n");
    // Up to here the kernel promises that no other writer's bytes come in between; beyond it, it promises nothing.
    if record.len() > PIPE_BUF {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // One call: the newline in a second one could come after somebody else's record.
    fifo.write_all(record.as_bytes())
}

fn main() -> ExitCode {
    drive(serve, append)
}
