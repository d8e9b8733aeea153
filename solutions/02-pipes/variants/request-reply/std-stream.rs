//! Variant: the standard library's pair, buffered in both directions and flushed after each line.

use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use pipes::request_reply::{Client, Server, drive};

struct Line {
    input: BufReader<UnixStream>,
    output: BufWriter<UnixStream>,
}

impl Line {
    fn new(stream: UnixStream) -> io::Result<Self> {
        Ok(Self {
            input: BufReader::new(stream.try_clone()?),
            output: BufWriter::new(stream),
        })
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.output, "{text}")?;
        self.output.flush()
    }

    /// An empty text at the end of the stream; every line has at least its newline.
    fn hear(&mut self) -> io::Result<String> {
        let mut text = String::new();
        self.input.read_line(&mut text)?;
        Ok(text)
    }
}

fn converse(client: &mut Client, server: &mut Server) -> io::Result<()> {
    let (near, far) = UnixStream::pair()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(near);
            let served = Line::new(far).and_then(|mut line| {
                loop {
                    let command = line.hear()?;
                    if command.is_empty() {
                        server.client_hung_up();
                        return Ok(());
                    }
                    line.say(&server.execute(&command))?;
                }
            });
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(i32::from(served.is_err())) }
        }
        ForkResult::Parent { child } => {
            drop(far);
            let mut line = Line::new(near)?;
            let mut command = client.first_command();
            while let Some(text) = command {
                line.say(&text)?;
                command = client.next_command(&line.hear()?);
            }
            drop(line);
            waitpid(child, None)?;
            Ok(())
        }
    }
}

fn main() -> ExitCode {
    drive(converse)
}
