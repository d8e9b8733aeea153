//! Variant: the system calls by themselves, and `poll` for the pause.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fifos::fifo_timeout::drive;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::poll::poll;
use nix::sys::stat::Mode;

fn open_within(path: &Path, patience: Duration) -> io::Result<File> {
    let deadline = Instant::now() + patience;
    let flags = OFlag::O_WRONLY | OFlag::O_CLOEXEC;
    loop {
        match open(path, flags | OFlag::O_NONBLOCK, Mode::empty()) {
            Ok(fifo) => {
                fcntl(&fifo, FcntlArg::F_SETFL(OFlag::empty()))?;
                return Ok(File::from(fifo));
            }
            Err(Errno::ENXIO) if Instant::now() < deadline => poll(&mut [], 10_u8)?,
            Err(Errno::ENXIO) => return Err(io::ErrorKind::TimedOut.into()),
            Err(error) => return Err(error.into()),
        };
    }
}

fn main() -> ExitCode {
    drive(open_within)
}
