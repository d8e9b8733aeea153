//! Mistake: the FIFO is opened as any file. Without a reader that never comes to an end, and nobody looks at the clock.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fifos::fifo_timeout::drive;

fn open_within(path: &Path, patience: Duration) -> io::Result<File> {
    let begun = Instant::now();
    let file = OpenOptions::new().write(true).open(path)?;
    if begun.elapsed() > patience {
        return Err(io::ErrorKind::TimedOut.into());
    }
    Ok(file)
}

fn main() -> ExitCode {
    drive(open_within)
}
