//! Variant: the client opens its reply FIFO for reading and writing, which does not wait, and removes its name before it has read;
//! the answer is a line.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use fifos::fifo_rpc::{Desk, drive};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

fn serve(path: &Path, desk: &mut Desk) -> io::Result<()> {
    let mut questions = File::open(path)?;
    let _own_write_end = OpenOptions::new().write(true).open(path)?;
    let mut pending = Vec::new();
    while !desk.is_closed() {
        let mut bytes = [0; 512];
        let count = questions.read(&mut bytes)?;
        pending.extend_from_slice(&bytes[..count]);
        // Several questions can come with one read, and a question with several.
        while let Some(end) = pending.iter().position(|byte| *byte == 0) {
            let record: Vec<u8> = pending.drain(..=end).take(end).collect();
            let record = String::from_utf8(record).map_err(io::Error::other)?;
            let (question, reply) = record.split_once('\n').ok_or(io::ErrorKind::InvalidData)?;
            let answer = desk.answer(question);
            let mut reply = OpenOptions::new().write(true).open(reply)?;
            writeln!(reply, "{answer}")?;
        }
    }
    Ok(())
}

fn call(server: &Path, reply: &Path, question: &str) -> io::Result<String> {
    mkfifo(reply, Mode::S_IRUSR | Mode::S_IWUSR)?;
    // There is always a writer, this process, so only the newline tells where the answer ends.
    let source = OpenOptions::new().read(true).write(true).open(reply)?;
    let mut record = format!("{question}\n{}", reply.display()).into_bytes();
    record.push(0);
    let mut sink = OpenOptions::new().write(true).open(server)?;
    sink.write_all(&record)?;
    let mut answer = String::new();
    BufReader::new(source).read_line(&mut answer)?;
    fs::remove_file(reply)?;
    Ok(answer.trim_end().to_owned())
}

fn main() -> ExitCode {
    drive(serve, call)
}
