//! Mistake: no FIFO, but an ordinary file that is moved to its place when it is complete. The receiver looks again and again
//! whether it is there.

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use fifos::fifo_message::drive;

fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file())
}

fn send(path: &Path, message: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    fs::write(&unfinished, message)?;
    fs::rename(&unfinished, path)?;
    while is_file(path) {
        sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn receive(path: &Path) -> io::Result<Vec<u8>> {
    while !is_file(path) {
        sleep(Duration::from_millis(1));
    }
    let message = fs::read(path)?;
    fs::remove_file(path)?;
    Ok(message)
}

fn main() -> ExitCode {
    drive(send, receive)
}
