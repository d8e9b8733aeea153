//! Driver of `request-reply`: a client that has questions and a server that has answers.
//!
//! Usage: `request-reply [NUMBER...]`. The client adds and multiplies the numbers in turn, and asks the
//! server for each step: every command needs the reply to the one before. Without numbers it has
//! nothing to ask and hangs up at once.

use std::io;
use std::process::ExitCode;

use nix::unistd::getpid;

use crate::program::{Program, print_line, say};
use crate::witness::Witness;

static WITNESS: Witness = Witness::new();

/// The side that asks. It belongs to the process that runs the student's function.
#[derive(Debug)]
pub struct Client {
    numbers: Vec<u64>,
    /// The command that waits for its reply, if there is one.
    asked: Option<String>,
    conversation: Vec<String>,
}

impl Client {
    /// The first command, without a newline; `None` if there is nothing to ask.
    pub fn first_command(&mut self) -> Option<String> {
        self.command(0)
    }

    /// Takes the reply to the last command, and returns the next command; `None` when there is none.
    pub fn next_command(&mut self, reply: &str) -> Option<String> {
        let reply = reply.trim_end();
        let asked = self.asked.take()?;
        self.conversation.push(format!("{asked} = {reply}"));
        reply.parse().ok().and_then(|value| self.command(value))
    }

    fn command(&mut self, value: u64) -> Option<String> {
        let step = self.conversation.len();
        let number = self.numbers.get(step)?;
        let verb = if step.is_multiple_of(2) {
            "add"
        } else {
            "multiply"
        };
        self.asked = Some(format!("{verb} {value} {number}"));
        self.asked.clone()
    }
}

/// The side that answers. It belongs to the child.
#[derive(Debug, Default)]
pub struct Server {
    executed: usize,
}

impl Server {
    /// Executes a command and returns the reply, without a newline.
    pub fn execute(&mut self, command: &str) -> String {
        WITNESS.note(0);
        self.executed += 1;
        let words: Vec<&str> = command.split_whitespace().collect();
        let result = match words[..] {
            ["add", a, b] => numbers(a, b).and_then(|(a, b)| a.checked_add(b)),
            ["multiply", a, b] => numbers(a, b).and_then(|(a, b)| a.checked_mul(b)),
            _ => None,
        };
        result.map_or_else(
            || format!("cannot execute {command:?}"),
            |result| result.to_string(),
        )
    }

    /// To be called when the client has hung up: nothing more will come.
    pub fn client_hung_up(&mut self) {
        say(&format!(
            "the client hung up after {} commands",
            self.executed
        ));
    }
}

fn numbers(a: &str, b: &str) -> Option<(u64, u64)> {
    Some((a.parse().ok()?, b.parse().ok()?))
}

/// What the student writes: fork a server and hold the conversation with it.
pub type Converse = fn(client: &mut Client, server: &mut Server) -> io::Result<()>;

/// Runs the exercise.
#[must_use]
pub fn drive(converse: Converse) -> ExitCode {
    let program = Program::begin();
    let arguments = std::env::args().skip(1);
    let Ok(numbers) = arguments.map(|word| word.parse()).collect::<Result<_, _>>() else {
        eprintln!("usage: request-reply [NUMBER...]");
        return ExitCode::from(2);
    };
    if let Err(error) = WITNESS.begin() {
        eprintln!("request-reply: no shared memory: {error}");
        return ExitCode::FAILURE;
    }
    let mut client = Client {
        numbers,
        asked: None,
        conversation: Vec::new(),
    };
    print_line(&format!("the client is [pid {}]", getpid()));
    let result = converse(&mut client, &mut Server::default());
    program.end("converse", result, |()| {
        for line in &client.conversation {
            print_line(line);
        }
        if !client.conversation.is_empty() && !WITNESS.saw_another_process() {
            print_line("made up: no process but the client executed a command");
        }
        let left = client.numbers.len() - client.conversation.len();
        if left > 0 {
            print_line(&format!("{left} commands were never asked"));
        }
    })
}
