//! Variant: streams with a length before each message, and a message that says that no more come. So nothing hangs on who has
//! which end.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{ExitCode, exit};

use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, Pid, fork};
use threads_and_actors::actors::{ActorSystem, Behavior, drive};

struct Actors(Vec<(Pid, UnixStream)>);

fn post(mut to: &UnixStream, kind: u8, message: &str) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(io::Error::other)?;
    let [high, low] = length.to_be_bytes();
    to.write_all(&[&[kind, high, low], message.as_bytes()].concat())
}

fn take(mut from: &UnixStream) -> io::Result<(u8, String)> {
    let mut header = [0; 3];
    from.read_exact(&mut header)?;
    let [kind, high, low] = header;
    let mut text = vec![0; usize::from(u16::from_be_bytes([high, low]))];
    from.read_exact(&mut text)?;
    Ok((kind, String::from_utf8(text).map_err(io::Error::other)?))
}

fn live(mailbox: &UnixStream, mut behavior: Behavior) -> io::Result<()> {
    loop {
        match take(mailbox)? {
            (b's', _) => return Ok(()),
            (b'a', message) => post(mailbox, b'!', &behavior.receive(&message))?,
            (_, message) => drop(behavior.receive(&message)),
        }
    }
}

impl ActorSystem for Actors {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn spawn(&mut self, behavior: Behavior) -> io::Result<()> {
        let (outside, inside) = UnixStream::pair()?;
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop(outside);
                exit(i32::from(live(&inside, behavior).is_err()))
            }
            ForkResult::Parent { child } => self.0.push((child, outside)),
        }
        Ok(())
    }

    fn tell(&mut self, actor: usize, message: &str) -> io::Result<()> {
        post(&self.0[actor].1, b't', message)
    }

    fn ask(&mut self, actor: usize, message: &str) -> io::Result<String> {
        let (_, mailbox) = &self.0[actor];
        post(mailbox, b'a', message)?;
        take(mailbox).map(|(_, answer)| answer)
    }

    fn stop(&mut self, actor: usize) -> io::Result<()> {
        let (pid, mailbox) = &self.0[actor];
        // One that has crashed hears nothing any more, and is reaped all the same.
        let _ = post(mailbox, b's', "");
        match waitid(Id::Pid(*pid), WaitPidFlag::WEXITED)? {
            WaitStatus::Exited(_, 0) => Ok(()),
            status => Err(io::Error::other(format!("{status:?}"))),
        }
    }
}

fn main() -> ExitCode {
    drive::<Actors>()
}
