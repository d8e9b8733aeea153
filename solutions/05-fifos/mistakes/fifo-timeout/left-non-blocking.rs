//! Mistake: the flag with which the FIFO was opened stays on, so that a write into a full FIFO fails instead of waiting.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use fifos::fifo_timeout::drive;
use nix::libc::{ENXIO, O_NONBLOCK};

/// How long to pause between two questions: nobody notices so short a delay, and it costs next to nothing.
const PAUSE: Duration = Duration::from_millis(5);

fn open_within(path: &Path, patience: Duration) -> io::Result<File> {
    // A clock that nobody can set: the other one may jump.
    let begun = Instant::now();
    loop {
        // Without O_NONBLOCK this would wait for a reader, however long that takes.
        let opened = OpenOptions::new()
            .write(true)
            .custom_flags(O_NONBLOCK)
            .open(path);
        match opened {
            Ok(file) => return Ok(file),
            // Nobody reads.
            Err(error) if error.raw_os_error() == Some(ENXIO) => {}
            Err(error) => return Err(error),
        }
        let left = patience.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        sleep(left.min(PAUSE));
    }
}

fn main() -> ExitCode {
    drive(open_within)
}
