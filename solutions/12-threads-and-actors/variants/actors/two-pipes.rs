//! Variant: a pipe to the actor and one back, and a line for each message.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::process::ExitCode;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe};
use threads_and_actors::actors::{ActorSystem, Behavior, drive};

struct Actor {
    pid: Pid,
    mailbox: Option<File>,
    answers: BufReader<File>,
}

struct Actors(Vec<Actor>);

impl Actors {
    fn post(&mut self, actor: usize, line: String) -> io::Result<()> {
        let mailbox = self.0[actor].mailbox.as_mut();
        mailbox
            .ok_or(io::ErrorKind::NotFound)?
            .write_all(line.as_bytes())
    }
}

impl ActorSystem for Actors {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn spawn(&mut self, mut behavior: Behavior) -> io::Result<()> {
        let (messages, mailbox) = pipe()?;
        let (answers, answer_sink) = pipe()?;
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop((mailbox, answers));
                self.0.clear();
                let mut answer_sink = File::from(answer_sink);
                let lines = BufReader::new(File::from(messages)).lines();
                let lived = lines.into_iter().try_for_each(|line| {
                    let line = line?;
                    match line.strip_prefix("? ") {
                        Some(question) => writeln!(answer_sink, "{}", behavior.receive(question)),
                        None => {
                            behavior.receive(&line);
                            Ok(())
                        }
                    }
                });
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(i32::from(lived.is_err())) }
            }
            ForkResult::Parent { child } => self.0.push(Actor {
                pid: child,
                mailbox: Some(File::from(mailbox)),
                answers: BufReader::new(File::from(answers)),
            }),
        }
        Ok(())
    }

    fn tell(&mut self, actor: usize, message: &str) -> io::Result<()> {
        self.post(actor, format!("{message}\n"))
    }

    fn ask(&mut self, actor: usize, message: &str) -> io::Result<String> {
        self.post(actor, format!("? {message}\n"))?;
        let mut answer = String::new();
        if self.0[actor].answers.read_line(&mut answer)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(answer.trim_end().to_owned())
    }

    fn stop(&mut self, actor: usize) -> io::Result<()> {
        let actor = &mut self.0[actor];
        drop(actor.mailbox.take());
        match waitpid(actor.pid, None)? {
            WaitStatus::Exited(_, 0) => Ok(()),
            status => Err(io::Error::other(format!("{status:?}"))),
        }
    }
}

fn main() -> ExitCode {
    drive::<Actors>()
}
