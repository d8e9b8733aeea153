//! Exercise `fifo-rpc`: a server, and a private reply FIFO for each client.
//!
//! It shows how two one-way channels with names make a conversation between programs that were started independently: all
//! questions go through one FIFO that everybody knows, and each answer through one that only its client reads.
//!
//! Calls: mkfifo(3), open(2), read(2), write(2), close(2), unlink(2); see also fifo(7).
//! Run it: `cargo run -p fifos --bin fifo-rpc`, with more clients and questions: `… -- 5 3`.
//! Edit: the bodies of `serve` and `call`.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_rpc::{Desk, drive};

/// The server: takes questions from the FIFO of this name (it is there), until `desk.is_closed()` after an answer.
///
/// - It passes each question to `desk.answer` and sends the answer to the client that asked, through that client's own FIFO.
/// - Clients come and go. While there is none, the server sleeps.
fn serve(path: &Path, desk: &mut Desk) -> io::Result<()> {
    // TODO: read questions; answer each through the FIFO that it names.
    todo!("let {desk:?} answer what comes through {path:?}")
}

/// A client: sends a question (one line) to the server and returns the answer (one line), both without newline.
///
/// - It waits for the answer at a FIFO of its own, `reply`, which it makes before it asks and removes afterwards.
/// - Other clients ask at the same time, through the same `server`: a question is one write, and says where the answer is to go.
fn call(server: &Path, reply: &Path, question: &str) -> io::Result<String> {
    // TODO: make the reply FIFO, ask, read the answer, remove the reply FIFO.
    todo!("ask {server:?} {question:?} and wait at {reply:?}")
}

fn main() -> ExitCode {
    drive(serve, call)
}
