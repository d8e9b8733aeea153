//! Driver of `fifo-rpc`: a server that answers questions, and clients that ask.
//!
//! Usage: `fifo-rpc [CLIENTS [CALLS]]` (default `3 2`): so many clients at a time ask so many questions each, one after the other.

use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::process::ExitCode;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::cast::{Actor, Doing, Joined, join_all};
use crate::program::{Program, print_line, say};

/// The name at which the server takes questions.
const SERVER: &str = "server";

/// The question that ends the server.
const STOP: &str = "client 0 asks the server to stop";

/// What the student writes for the server.
pub type Serve = fn(path: &Path, desk: &mut Desk) -> io::Result<()>;

/// What the student writes for the clients.
pub type Call = fn(server: &Path, reply: &Path, question: &str) -> io::Result<String>;

/// The one who knows the answers. It belongs to the server.
#[derive(Debug, Default)]
pub struct Desk {
    answered: usize,
    closed: bool,
}

impl Desk {
    /// The answer to a question. Both are one line, without a newline.
    pub fn answer(&mut self, question: &str) -> String {
        self.answered += 1;
        if question == STOP {
            self.closed = true;
            return "stopped".to_owned();
        }
        let Some((client, number)) = parse(question) else {
            return format!("this is no question: {question:?}");
        };
        let has_a_fifo = fs::metadata(reply(client)).is_ok_and(|it| it.file_type().is_fifo());
        if !has_a_fifo {
            say("mixed up: a client waits for its answer at no FIFO of its own");
        }
        answer(client, number)
    }

    /// Whether that was the last question: to be asked when its answer has been sent.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }
}

fn reply(client: u64) -> String {
    format!("reply-{client}")
}

fn question(client: u64, number: u64) -> String {
    format!("client {client} asks for the square of {number}")
}

fn answer(client: u64, number: u64) -> String {
    format!("client {client}: {}", number * number)
}

fn parse(text: &str) -> Option<(u64, u64)> {
    let words: Vec<&str> = text.split(' ').collect();
    let ["client", client, .., number] = words[..] else {
        return None;
    };
    let (client, number) = (client.parse().ok()?, number.parse().ok()?);
    (question(client, number) == text).then_some((client, number))
}

/// Runs the exercise, or one of its programs.
#[must_use]
pub fn drive(serve: Serve, call: Call) -> ExitCode {
    let program = Program::begin();
    let mut arguments = std::env::args().skip(1).peekable();
    let part = arguments.next_if(|word| word == "serve" || word == "ask");
    let Ok(numbers) = arguments
        .map(|word| word.parse())
        .collect::<Result<Vec<u64>, _>>()
    else {
        eprintln!("usage: fifo-rpc [CLIENTS [CALLS]]");
        return ExitCode::from(2);
    };
    match part.as_deref() {
        Some("serve") => {
            let mut desk = Desk::default();
            let served = serve(Path::new(SERVER), &mut desk);
            program.end("serve", served, |()| {
                say(&format!("answered {} questions", desk.answered));
            })
        }
        Some(_) => program.end("call", ask(call, &numbers), |()| {}),
        None => {
            let number = |at: usize, default| numbers.get(at).copied().unwrap_or(default);
            let ended = lead(call, number(0, 3), number(1, 2));
            program.end("the driver", ended, |()| print_line("all programs ended"))
        }
    }
}

/// A client: its number, and how many questions it has.
fn ask(call: Call, numbers: &[u64]) -> io::Result<()> {
    let [client, calls] = *numbers else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    for number in 1..=calls {
        let number = 10 * client + number;
        let name = reply(client);
        let said = call(
            Path::new(SERVER),
            Path::new(&name),
            &question(client, number),
        )?;
        if said == answer(client, number) {
            say(&format!("client {client}: the square of {number} came"));
        } else {
            say(&format!("client {client}: something else came"));
        }
    }
    Ok(())
}

/// The name of the server's FIFO. It goes when this value does.
struct Name;

impl Drop for Name {
    fn drop(&mut self) {
        // If it is not there, there is nothing to remove.
        let _ = fs::remove_file(SERVER);
    }
}

fn lead(call: Call, clients: u64, calls: u64) -> io::Result<()> {
    mkfifo(SERVER, Mode::S_IRUSR | Mode::S_IWUSR)?;
    let _name = Name;
    let mut server = Actor::start("serve", &[])?;
    if server.until_idle()? == Doing::Ended {
        return ended_early(&mut server);
    }
    // One client alone, and when it has gone, all others together.
    for wave in [1..=1, 2..=clients] {
        let mut cast = Vec::new();
        for client in wave {
            let words = [client.to_string(), calls.to_string()];
            cast.push(Actor::start("ask", &words.each_ref().map(String::as_str))?);
        }
        if join_all(cast, Some(&server))? == Joined::ServerEnded
            || server.until_idle()? == Doing::Ended
        {
            return ended_early(&mut server);
        }
    }
    call(Path::new(SERVER), Path::new("reply-0"), STOP)?;
    server.join()
}

/// Says so, unless the server failed.
fn ended_early(server: &mut Actor) -> io::Result<()> {
    server.join()?;
    print_line("ended early: the server left before it was told to stop");
    Ok(())
}
