//! Mistake: the receiver opens the FIFO for reading and writing, so as not to wait in open. It is a writer itself then, and the end of
//! file never comes.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_message::drive;
use nix::errno::Errno;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

fn send(path: &Path, message: &[u8]) -> io::Result<()> {
    make(path)?;
    let mut fifo = OpenOptions::new().write(true).open(path)?;
    fifo.write_all(message)
}

fn receive(path: &Path) -> io::Result<Vec<u8>> {
    make(path)?;
    let mut fifo = OpenOptions::new().read(true).write(true).open(path)?;
    let mut message = Vec::new();
    fifo.read_to_end(&mut message)?;
    fs::remove_file(path)?;
    Ok(message)
}

fn make(path: &Path) -> io::Result<()> {
    match mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR) {
        Ok(()) | Err(Errno::EEXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn main() -> ExitCode {
    drive(send, receive)
}
