//! Mistake: the FIFO is made with the rights that files usually get, so everybody may read what comes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_message::drive;
use nix::errno::Errno;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

/// Makes the FIFO, or takes the one that is there. To ask first whether it is there would leave a gap in which
/// the other program makes it.
fn ensure_fifo(path: &Path) -> io::Result<()> {
    match mkfifo(path, Mode::from_bits_truncate(0o666)) {
        Ok(()) | Err(Errno::EEXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn send(path: &Path, message: &[u8]) -> io::Result<()> {
    ensure_fifo(path)?;
    // Waits until a reader opens the other end. Without `create`: a FIFO that has gone must not become a file.
    let mut fifo = OpenOptions::new().write(true).open(path)?;
    fifo.write_all(message)
    // The write end closes here: the reader sees the end of file.
}

fn receive(path: &Path) -> io::Result<Vec<u8>> {
    ensure_fifo(path)?;
    // Waits until a writer opens the other end.
    let mut fifo = File::open(path)?;
    let mut message = Vec::new();
    let read = fifo.read_to_end(&mut message);
    // The sender has opened the FIFO by now, so nobody needs the name any more. It goes whatever came of the reading.
    fs::remove_file(path)?;
    read?;
    Ok(message)
}

fn main() -> ExitCode {
    drive(send, receive)
}
