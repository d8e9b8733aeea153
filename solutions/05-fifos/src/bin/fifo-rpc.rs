//! Reference answer of `fifo-rpc`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_rpc::{Desk, drive};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

fn serve(path: &Path, desk: &mut Desk) -> io::Result<()> {
    let questions = File::open(path)?;
    // The server's own write end: between two clients there is no end of file, and `read` sleeps.
    let own_write_end = OpenOptions::new().write(true).open(path)?;
    for line in BufReader::new(questions).lines() {
        let line = line?;
        let (reply, question) = line.split_once(' ').ok_or(io::ErrorKind::InvalidData)?;
        let answer = desk.answer(question);
        // Opened for this one answer, and closed with it: that is where the answer ends. The client waits in `open` for this one.
        let mut reply = OpenOptions::new().write(true).open(reply)?;
        reply.write_all(answer.as_bytes())?;
        if desk.is_closed() {
            break;
        }
    }
    drop(own_write_end);
    Ok(())
}

fn call(server: &Path, reply: &Path, question: &str) -> io::Result<String> {
    // Before the question is sent: the server must find it. O_CREAT is not for FIFOs, and a name of somebody else's is an error.
    mkfifo(reply, Mode::S_IRUSR | Mode::S_IWUSR)?;
    let answer = ask(server, reply, question);
    // It is this client's alone, so it goes with the call, whatever came of that.
    fs::remove_file(reply)?;
    answer
}

fn ask(server: &Path, reply: &Path, question: &str) -> io::Result<String> {
    // One write of less than PIPE_BUF bytes: questions of several clients do not mix. Closed at once, for the server has its own.
    let line = format!("{} {question}\n", reply.display());
    OpenOptions::new()
        .write(true)
        .open(server)?
        .write_all(line.as_bytes())?;
    // Waits for the server, and reads until it closes.
    io::read_to_string(File::open(reply)?)
}

fn main() -> ExitCode {
    drive(serve, call)
}
