//! Mistake: without a writer `read` returns 0 at once, and the server asks again, and again.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_log::{Log, PIPE_BUF, drive};

fn serve(path: &Path, log: &mut Log) -> io::Result<()> {
    let mut fifo = File::open(path)?;
    let mut pending = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let count = fifo.read(&mut buffer)?;
        pending.extend_from_slice(&buffer[..count]);
        while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let record: Vec<u8> = pending.drain(..=end).collect();
            if log.enter(String::from_utf8_lossy(&record).trim_end()).is_break() {
                return Ok(());
            }
        }
    }
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
