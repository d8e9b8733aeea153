//! Variant of `fifo-log`: a byte at a time, which nobody has to put together or to keep for the next record, at the price of a system call
//! for each.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_log::{Log, PIPE_BUF, drive};

fn serve(path: &Path, log: &mut Log) -> io::Result<()> {
    let mut fifo = File::open(path)?;
    let never_the_last_writer = OpenOptions::new().write(true).open(path)?;
    let mut record = Vec::new();
    let mut byte = [0];
    loop {
        fifo.read_exact(&mut byte)?;
        if byte != *b"\n" {
            record.push(byte[0]);
            continue;
        }
        if log.enter(&String::from_utf8_lossy(&record)).is_break() {
            break;
        }
        record.clear();
    }
    drop(never_the_last_writer);
    Ok(())
}

fn append(fifo: &File, text: &str) -> io::Result<()> {
    let mut fifo = fifo;
    let record = format!("{text}\n");
    if record.len() > PIPE_BUF {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    fifo.write_all(record.as_bytes())
}

fn main() -> ExitCode {
    drive(serve, append)
}
