//! Driver of `hello-pipe`: composes the message in the child, prints what arrived in the parent.
//!
//! Usage: `hello-pipe [SIZE]`. SIZE is the number of bytes that follow the greeting (default 0).

use std::io;
use std::process::ExitCode;

use nix::unistd::getpid;

use crate::program::{Program, print_line};
use crate::witness::Witness;

static WITNESS: Witness = Witness::new();

/// What the child has to say.
#[derive(Debug, Clone, Copy)]
pub struct Greeting {
    size: usize,
}

impl Greeting {
    /// The message. It names the process that composed it, which must not be the one that prints it.
    #[must_use]
    pub fn compose(&self) -> Vec<u8> {
        WITNESS.note(0);
        let mut message = format!("hello from [pid {}]", getpid()).into_bytes();
        message.extend(letters(self.size));
        message
    }
}

fn letters(count: usize) -> impl Iterator<Item = u8> {
    (b'a'..=b'z').cycle().take(count)
}

/// What the student writes: fork a child that sends the greeting through a pipe, and return what came out.
pub type ReceiveGreeting = fn(greeting: Greeting) -> io::Result<Vec<u8>>;

/// Runs the exercise.
#[must_use]
pub fn drive(receive_greeting: ReceiveGreeting) -> ExitCode {
    let program = Program::begin();
    let size = match std::env::args().nth(1).map(|size| size.parse()).transpose() {
        Ok(size) => size.unwrap_or(0),
        Err(error) => {
            eprintln!("usage: hello-pipe [SIZE]: SIZE is a number of bytes ({error})");
            return ExitCode::from(2);
        }
    };
    if let Err(error) = WITNESS.begin() {
        eprintln!("hello-pipe: no shared memory: {error}");
        return ExitCode::FAILURE;
    }
    print_line(&format!("the parent is [pid {}]", getpid()));
    let received = receive_greeting(Greeting { size });
    program.end("receive_greeting", received, |message| {
        let (greeting, rest) = message.split_at(message.len().saturating_sub(size));
        // A damaged message can be long; the greeting itself is far shorter than this.
        let greeting = &greeting[..greeting.len().min(80)];
        print_line(&format!("received: {}", String::from_utf8_lossy(greeting)));
        if size > 0 {
            let intact = rest.iter().copied().eq(letters(size));
            let state = if intact { "intact" } else { "damaged" };
            print_line(&format!("and {} bytes more, {state}", rest.len()));
        }
        if !message.is_empty() && !WITNESS.saw_another_process() {
            print_line("made up: no process but the parent composed a greeting");
        }
    })
}
