//! No bytes are taken for an empty answer: that the actor has ended is not noticed.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, recv, send, socketpair};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use threads_and_actors::actors::{ActorSystem, Behavior, drive};

// The first byte of a message says whether somebody waits for an answer.
const TELL: u8 = b't';
const ASK: u8 = b'a';

/// Longer than any message.
const LONGEST: usize = 4096;

/// An actor, as the main process knows it.
struct Actor {
    pid: Pid,
    mailbox: OwnedFd,
}

/// The actors. `None` stands for one that has been stopped.
struct Actors {
    actors: Vec<Option<Actor>>,
}

impl ActorSystem for Actors {
    fn new() -> Self {
        Self { actors: Vec::new() }
    }

    fn spawn(&mut self, behavior: Behavior) -> io::Result<()> {
        // SEQPACKET keeps messages apart, and reports the end when nobody has the other side open any more.
        let (outside, inside) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )?;
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop(outside); // or it would wait for an end that it prevents itself
                // And so would its siblings: their mailboxes came with the fork.
                self.actors.clear();
                let code = i32::from(live(&inside, behavior).is_err());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            // `inside` is dropped here: the actor has the only one, so its crash is seen at once.
            ForkResult::Parent { child } => self.actors.push(Some(Actor {
                pid: child,
                mailbox: outside,
            })),
        }
        Ok(())
    }

    fn tell(&mut self, actor: usize, message: &str) -> io::Result<()> {
        post(&self.actor(actor)?.mailbox, TELL, message)
    }

    fn ask(&mut self, actor: usize, message: &str) -> io::Result<String> {
        let mailbox = &self.actor(actor)?.mailbox;
        post(mailbox, ASK, message)?;
        // Only asks are answered, and there is one at a time: so this is the answer to this one.
        let answer = take(mailbox)?;
        Ok(answer.map(|(_, text)| text).unwrap_or_default())
    }

    fn stop(&mut self, actor: usize) -> io::Result<()> {
        let place = self.actors.get_mut(actor).and_then(Option::take);
        let Actor { pid, mailbox } = place.ok_or(io::ErrorKind::NotFound)?;
        // The end of the mailbox comes behind everything that is in it.
        drop(mailbox);
        match waitpid(pid, None)? {
            WaitStatus::Exited(_, 0) => Ok(()),
            status => Err(io::Error::other(format!("the actor crashed: {status:?}"))),
        }
    }
}

impl Actors {
    fn actor(&self, actor: usize) -> io::Result<&Actor> {
        let place = self.actors.get(actor).and_then(Option::as_ref);
        place.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// What an actor's process does: one message after the other, to the end of the mailbox.
fn live(mailbox: &OwnedFd, mut behavior: Behavior) -> io::Result<()> {
    while let Some((kind, message)) = take(mailbox)? {
        let answer = behavior.receive(&message);
        if kind == ASK {
            post(mailbox, TELL, &answer)?;
        }
    }
    Ok(())
}

fn post(to: &OwnedFd, kind: u8, message: &str) -> io::Result<()> {
    let bytes = [&[kind], message.as_bytes()].concat();
    // One call, one message: a socket of this type takes it whole or not at all.
    send(to.as_raw_fd(), &bytes, MsgFlags::MSG_NOSIGNAL)?;
    Ok(())
}

/// The next message; `None` at the end.
fn take(from: &OwnedFd) -> io::Result<Option<(u8, String)>> {
    let mut bytes = [0; LONGEST];
    let length = recv(from.as_raw_fd(), &mut bytes, MsgFlags::empty())?;
    let message = bytes[..length].split_first();
    Ok(message.map(|(kind, text)| (*kind, String::from_utf8_lossy(text).into_owned())))
}

fn main() -> ExitCode {
    drive::<Actors>()
}
