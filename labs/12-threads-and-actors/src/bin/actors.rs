//! Exercise `actors`: processes that share nothing, and talk by messages.
//!
//! It shows the actor model. An actor has a state that nobody else can reach, and a mailbox; it takes one message after the
//! other, so it needs no lock. One can *tell* it something and go on, or *ask* it something and wait for the answer. When its
//! process crashes, its state is gone and nobody else's.
//!
//! Calls: socketpair(2) or pipe(2), fork(2), send(2), recv(2) or write(2), read(2), close(2), waitpid(2), _exit(2).
//! Run it: `cargo run -p threads-and-actors --bin actors -- alice+5 bob+7 alice? bob?`, and with a crash:
//! `… -- alice+5 bob! bob? alice?`.
//! Edit: the fields of `Actors` and the bodies of its functions.

use std::io;
use std::process::ExitCode;

use threads_and_actors::actors::{ActorSystem, Behavior, drive};

/// Actors, each a process with a mailbox. They are numbered from 0, in the order in which they are spawned.
#[derive(Debug)]
struct Actors {
    // TODO: what does the main process have to know of each actor?
}

impl ActorSystem for Actors {
    /// A system without actors.
    fn new() -> Self {
        Self {}
    }

    /// Starts the next actor: a child with a mailbox.
    ///
    /// - The child passes each message, whole and in order, to `behavior.receive`, which returns an answer. The answer is sent back
    ///   if somebody has asked, and thrown away if not.
    /// - While there is no message, it sleeps. When the mailbox is empty and the actor has been stopped, it leaves with `_exit(0)`.
    fn spawn(&mut self, behavior: Behavior) -> io::Result<()> {
        // TODO: make a mailbox, fork; which descriptors does the child not need?
        todo!("start an actor that does what {behavior:?} does, beside {self:?}")
    }

    /// Puts a message (one line, without newline) into the mailbox of an actor. Does not wait for the actor.
    fn tell(&mut self, actor: usize, message: &str) -> io::Result<()> {
        // TODO
        todo!("put {message:?} into mailbox {actor}")
    }

    /// Puts a message into the mailbox of an actor and returns the answer to it. An error if the actor ends without an answer.
    fn ask(&mut self, actor: usize, message: &str) -> io::Result<String> {
        // TODO
        todo!("put {message:?} into mailbox {actor} and wait for the answer")
    }

    /// Lets an actor end when it has received everything that is in its mailbox, and reaps it. An error if it did not end with code 0.
    fn stop(&mut self, actor: usize) -> io::Result<()> {
        // TODO: how does the actor learn that no more messages come?
        todo!("stop actor {actor}")
    }
}

fn main() -> ExitCode {
    drive::<Actors>()
}
