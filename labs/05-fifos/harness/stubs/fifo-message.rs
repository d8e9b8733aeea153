//! Exercise `fifo-message`: two unrelated programs and one named pipe.
//!
//! It shows how a name in the file system brings two programs together that have no common ancestor which could
//! have made a pipe for them, who waits for whom when they open it, and that the name stays until somebody removes it.
//!
//! Calls: mkfifo(3), open(2), write(2), read(2), close(2), unlink(2); see also fifo(7).
//! Run it: `cargo run -p fifos --bin fifo-message`, or in two terminals: `… -- receive box` and `… -- send box`.
//! Edit: the bodies of `send` and `receive`.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_message::drive;

/// Sends the message through the FIFO of this name: the one program.
///
/// - Either program can be started first, so this one makes the FIFO, for its owner alone (mode 0600), unless it is there.
/// - It waits until the other program has opened the FIFO, and writes every byte.
fn send(path: &Path, message: &[u8]) -> io::Result<()> {
    // TODO: make the FIFO, open it for writing, write the message.
    todo!("send {} bytes through {path:?}", message.len())
}

/// Receives all bytes that come through the FIFO of this name, and removes the name: the other program.
///
/// - It makes the FIFO as well, unless it is there: perhaps the sender was first, or a program that crashed has left it.
/// - It reads to the end of file.
fn receive(path: &Path) -> io::Result<Vec<u8>> {
    // TODO: make the FIFO, open it for reading, read, remove the name.
    todo!("receive a message through {path:?}")
}

fn main() -> ExitCode {
    drive(send, receive)
}
