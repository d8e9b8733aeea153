//! Exercise `fifo-log`: one server, many writers, one named pipe.
//!
//! It shows that several writers can share a pipe without any lock as long as each record is one write of at most
//! PIPE_BUF bytes, that a read returns parts of records or several of them, and that the end of file of a FIFO says
//! only that nobody has it open for writing *at the moment*.
//!
//! Calls: open(2), read(2), write(2), close(2); see also fifo(7), and pipe(7) on PIPE_BUF.
//! Run it: `cargo run -p fifos --bin fifo-log`, with more and larger records: `… -- 4 5 4095`.
//! Edit: the bodies of `serve` and `append`.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_log::{Log, PIPE_BUF, drive};

/// Reads the records that come through the FIFO of this name (it is there) and passes each to `log.enter`,
/// without its newline, until that returns `ControlFlow::Break`.
///
/// - Writers come and go. When the last one has gone the server sleeps until the next one comes, and loses nothing meanwhile.
fn serve(path: &Path, log: &mut Log) -> io::Result<()> {
    // TODO: open the FIFO, in such a way that it never comes to an end; read; split into records.
    todo!("fill {log:?} from {path:?}")
}

/// Appends a record, which is the text and a newline, to the FIFO. Other processes do so at the same time.
///
/// - A record that the kernel could not keep in one piece, longer than `PIPE_BUF` with its newline, is refused: an error of the
///   kind `InvalidInput`, and nothing is written.
fn append(fifo: &File, text: &str) -> io::Result<()> {
    // TODO: write the whole record at once.
    todo!("append {text:?} of at most {PIPE_BUF} bytes to {fifo:?}")
}

fn main() -> ExitCode {
    drive(serve, append)
}
