//! Mistake: records of any length are written, and the long ones can tear.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_log::{Log, drive};

fn serve(path: &Path, log: &mut Log) -> io::Result<()> {
    // Waits until the first writer comes.
    let fifo = File::open(path)?;
    // A write end of the server's own, which nobody ever writes to: as long as it is open there is no end of file, and
    // `read` sleeps until the next writer comes. Opened after the read end: before it, this would wait for a reader, which
    // nobody but this process is going to be.
    let never_the_last_writer = OpenOptions::new().write(true).open(path)?;
    // A read returns what is there: half a record, or three. The buffered reader puts them together again.
    for record in BufReader::new(fifo).lines() {
        if log.enter(&record?).is_break() {
            break;
        }
    }
    drop(never_the_last_writer);
    Ok(())
}

fn append(fifo: &File, text: &str) -> io::Result<()> {
    let mut fifo = fifo;
    let record = format!("{text}\n");
    // One call: the newline in a second one could come after somebody else's record.
    fifo.write_all(record.as_bytes())
}

fn main() -> ExitCode {
    drive(serve, append)
}
