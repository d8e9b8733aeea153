//! Variant: the receiver removes the name as soon as both have opened the FIFO, and copies with `io::copy`.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_message::drive;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

fn ensure_fifo(path: &Path) -> io::Result<()> {
    let made = mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR).map_err(io::Error::from);
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn send(path: &Path, message: &[u8]) -> io::Result<()> {
    let mut message = message;
    ensure_fifo(path)?;
    let mut fifo = File::options().write(true).open(path)?;
    io::copy(&mut message, &mut fifo)?;
    Ok(())
}

fn receive(path: &Path) -> io::Result<Vec<u8>> {
    ensure_fifo(path)?;
    let mut fifo = File::open(path)?;
    fs::remove_file(path)?;
    let mut message = Vec::new();
    io::copy(&mut fifo, &mut message)?;
    Ok(message)
}

fn main() -> ExitCode {
    drive(send, receive)
}
