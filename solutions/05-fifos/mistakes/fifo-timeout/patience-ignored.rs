//! Mistake: a hundred tries, whatever the time that was given.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use fifos::fifo_timeout::drive;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::{ENXIO, O_NONBLOCK};

/// How long to pause between two questions: nobody notices so short a delay, and it costs next to nothing.
const PAUSE: Duration = Duration::from_millis(5);

fn open_within(path: &Path, _patience: Duration) -> io::Result<File> {
    for _ in 0..100 {
        // Without O_NONBLOCK this would wait for a reader, however long that takes.
        let opened = OpenOptions::new()
            .write(true)
            .custom_flags(O_NONBLOCK)
            .open(path);
        match opened {
            Ok(file) => {
                // The flag belongs to the open file and would stay: from now on, a full pipe is something to wait for.
                let flags = OFlag::from_bits_retain(fcntl(&file, FcntlArg::F_GETFL)?);
                fcntl(&file, FcntlArg::F_SETFL(flags - OFlag::O_NONBLOCK))?;
                return Ok(file);
            }
            // Nobody reads.
            Err(error) if error.raw_os_error() == Some(ENXIO) => {}
            Err(error) => return Err(error),
        }
        sleep(PAUSE);
    }
    Err(io::ErrorKind::TimedOut.into())
}

fn main() -> ExitCode {
    drive(open_within)
}
