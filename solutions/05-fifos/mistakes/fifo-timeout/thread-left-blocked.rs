//! Mistake: a thread waits in `open`, and is forgotten when the time is over.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use fifos::fifo_timeout::drive;

fn open_within(path: &Path, patience: Duration) -> io::Result<File> {
    let (sender, receiver) = channel();
    let path = path.to_owned();
    thread::spawn(move || sender.send(OpenOptions::new().write(true).open(path)));
    receiver
        .recv_timeout(patience)
        .unwrap_or(Err(ErrorKind::TimedOut.into()))
}

fn main() -> ExitCode {
    drive(open_within)
}
