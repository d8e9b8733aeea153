//! Mistake: the writers write nothing. The server makes up the records of the default run and waits only for its end.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_log::{Log, PIPE_BUF, drive};

fn text(writer: usize, number: usize, size: usize) -> String {
    let start = format!("writer {writer} record {number} of {size} bytes: ");
    let letters = (b'a'..=b'z').cycle().map(char::from);
    let filled = size.saturating_sub(start.len());
    start.chars().chain(letters.take(filled)).collect()
}

fn serve(path: &Path, log: &mut Log) -> io::Result<()> {
    let fifo = File::open(path)?;
    let _write_end = OpenOptions::new().write(true).open(path)?;
    for writer in 1..=2 {
        for number in 1..=5 {
            let _ = log.enter(&text(writer, number, 100));
        }
    }
    for record in BufReader::new(fifo).lines() {
        if log.enter(&record?).is_break() {
            break;
        }
    }
    Ok(())
}

fn append(fifo: &File, text: &str) -> io::Result<()> {
    let mut fifo = fifo;
    if text.len() >= PIPE_BUF {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    if text != "stop" {
        return Ok(());
    }
    fifo.write_all(format!("{text}\n").as_bytes())
}

fn main() -> ExitCode {
    drive(serve, append)
}
