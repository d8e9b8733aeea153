//! Mistake: the server takes the end of file for the end of all writers that will ever come.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_log::{Log, PIPE_BUF, drive};

fn serve(path: &Path, log: &mut Log) -> io::Result<()> {
    // Waits until the first writer comes.
    let fifo = File::open(path)?;
    // A read returns what is there: half a record, or three. The buffered reader puts them together again.
    for record in BufReader::new(fifo).lines() {
        if log.enter(&record?).is_break() {
            break;
        }
    }
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
