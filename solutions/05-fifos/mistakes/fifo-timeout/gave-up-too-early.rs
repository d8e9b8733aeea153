//! Mistake: the first answer is taken for the last: nobody reads, so nobody will.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use fifos::fifo_timeout::drive;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::{ENXIO, O_NONBLOCK};

fn open_within(path: &Path, _patience: Duration) -> io::Result<File> {
    let opened = OpenOptions::new()
        .write(true)
        .custom_flags(O_NONBLOCK)
        .open(path);
    match opened {
        Ok(file) => {
            let flags = OFlag::from_bits_retain(fcntl(&file, FcntlArg::F_GETFL)?);
            fcntl(&file, FcntlArg::F_SETFL(flags - OFlag::O_NONBLOCK))?;
            Ok(file)
        }
        Err(error) if error.raw_os_error() == Some(ENXIO) => {
            Err(io::ErrorKind::TimedOut.into())
        }
        Err(error) => Err(error),
    }
}

fn main() -> ExitCode {
    drive(open_within)
}
