//! Variant: the server keeps the reply FIFOs open that it has opened once, and an answer ends with its newline; the client opens
//! its FIFO for reading before it asks, without waiting.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_rpc::{Desk, drive};
use nix::libc::O_NONBLOCK;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

fn serve(path: &Path, desk: &mut Desk) -> io::Result<()> {
    // Both ends at once: no open waits, and there is no end of file.
    let questions = OpenOptions::new().read(true).write(true).open(path)?;
    let mut replies: HashMap<String, File> = HashMap::new();
    for line in BufReader::new(questions).lines() {
        let line = line?;
        let (reply, question) = line.split_once('\t').ok_or(io::ErrorKind::InvalidData)?;
        let answer = format!("{}\n", desk.answer(question));
        // A client that asks again has made its FIFO again: what was opened for its last question leads nowhere.
        let known = replies.remove(reply);
        let sent = known.map(|mut file| file.write_all(answer.as_bytes()));
        if !matches!(sent, Some(Ok(()))) {
            // The client has it open for reading already, so this does not wait.
            let mut file = OpenOptions::new().write(true).open(reply)?;
            file.write_all(answer.as_bytes())?;
            replies.insert(reply.to_owned(), file);
        }
        if desk.is_closed() {
            break;
        }
    }
    Ok(())
}

fn call(server: &Path, reply: &Path, question: &str) -> io::Result<String> {
    mkfifo(reply, Mode::S_IRUSR | Mode::S_IWUSR)?;
    let source = OpenOptions::new()
        .read(true)
        .custom_flags(O_NONBLOCK)
        .open(reply)?;
    let line = format!("{}\t{question}\n", reply.display());
    OpenOptions::new()
        .write(true)
        .open(server)?
        .write_all(line.as_bytes())?;
    poll(
        &mut [PollFd::new(source.as_fd(), PollFlags::POLLIN)],
        PollTimeout::NONE,
    )?;
    let mut answer = String::new();
    BufReader::new(source).read_line(&mut answer)?;
    fs::remove_file(reply)?;
    Ok(answer.trim_end().to_owned())
}

fn main() -> ExitCode {
    drive(serve, call)
}
