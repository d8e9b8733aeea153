//! Variant: a thread waits in `open`. When the time is over, the FIFO is opened for reading for a moment, which ends the thread's wait,
//! and the thread is joined.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use fifos::fifo_timeout::drive;
use nix::libc::O_NONBLOCK;

fn open_within(path: &Path, patience: Duration) -> io::Result<File> {
    let (sender, receiver) = channel();
    let name = path.to_owned();
    let thread = thread::spawn(move || {
        // Who has given up takes nothing any more.
        let _ = sender.send(OpenOptions::new().write(true).open(name));
    });
    let opened = receiver.recv_timeout(patience);
    // For reading, O_NONBLOCK opens at once. The thread may not have come to its `open` yet, so this end stays open until it has.
    let release = match &opened {
        Ok(_) => None,
        Err(_) => Some(
            OpenOptions::new()
                .read(true)
                .custom_flags(O_NONBLOCK)
                .open(path)?,
        ),
    };
    let joined = thread.join();
    drop(release);
    joined.map_err(|_| ErrorKind::Other)?;
    opened.unwrap_or(Err(ErrorKind::TimedOut.into()))
}

fn main() -> ExitCode {
    drive(open_within)
}
