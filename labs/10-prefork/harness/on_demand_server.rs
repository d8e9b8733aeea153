//! Driver of `on-demand-server`: a server that makes a process for each connection, and its clients.
//!
//! Usage: `on-demand-server [STEP…]` (default `get burst=3 abort get`), or `on-demand-server serve [PORT]` to try it with a client
//! of your own (until Ctrl-C). Steps:
//!
//! - `get`: a client that gets its reply at once.
//! - `held=N`: N clients that have sent half of their request, all served at the same time; then the other halves, one by one. The
//!   server sleeps in between.
//! - `burst=N`: the same, but all N children end while the server stands still (SIGSTOP).
//! - `abort`: a client that goes away in the middle of its request.
//!
//! After each step no child of the server should be left, without anybody asking for it.

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use nix::sys::signal::Signal;

use crate::app::App;
use crate::client::{self, Client, Reply};
use crate::program::print_line;
use crate::server::{Server, by_hand, serve_by_hand, tell};
use crate::watch;

const MOST: u32 = 20;

/// What the student writes: accepts connections for ever, and has each answered in a process of its own.
pub type Serve = fn(listener: TcpListener, app: &App) -> io::Result<()>;

#[derive(Debug, Clone, Copy)]
enum Step {
    Get,
    Held(u32),
    Burst(u32),
    Abort,
}

impl Step {
    fn of(word: &str) -> Option<Self> {
        let (name, count) = word.split_once('=').unwrap_or((word, "1"));
        let count = count.parse().ok().filter(|it| (1..=MOST).contains(it))?;
        match name {
            "get" => Some(Self::Get),
            "abort" => Some(Self::Abort),
            "held" => Some(Self::Held(count)),
            "burst" => Some(Self::Burst(count)),
            _ => None,
        }
    }
}

/// Runs the exercise.
#[must_use]
pub fn drive(serve: Serve) -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if let Some((port, _)) = by_hand(&words) {
        return serve_by_hand(port, serve);
    }
    if words.is_empty() {
        words = ["get", "burst=3", "abort", "get"].map(String::from).into();
    }
    let steps: Option<Vec<Step>> = words.iter().map(|word| Step::of(word)).collect();
    let Some(steps) = steps else {
        eprintln!(
            "usage: on-demand-server [STEP…] (get, held=N, burst=N with N up to {MOST}, abort) | serve [PORT]"
        );
        return ExitCode::from(2);
    };
    tell(serve, |server| {
        for (step, word) in steps.into_iter().zip(&words) {
            take(server, step, word)?;
            if !look_behind(server) {
                break;
            }
        }
        // It runs until somebody stops it.
        if !server.has_ended() {
            server.signal(Signal::SIGTERM)?;
        }
        Ok(())
    })
}

/// Does a step, and prints what the clients got.
fn take(server: &Server, step: Step, word: &str) -> io::Result<()> {
    let port = server.port;
    match step {
        Step::Get => match client::get(port, "/") {
            reply if reply.is(200) => {
                print_line(&format!("{word}: served{}", server.by_whom(&[reply])))
            }
            reply if reply.is(503) => print_line(&format!("{word}: turned away, try again later")),
            _ => print_line(&format!("{word}: no reply")),
        },
        Step::Held(count) | Step::Burst(count) => {
            let clients = server.hold(count)?;
            print_line(&format!("{word}: all are being served at the same time"));
            let replies: Vec<Reply> = if matches!(step, Step::Burst(_)) {
                finish_while_it_stands_still(server, clients)?
            } else {
                clients
                    .into_iter()
                    .map(|client| finish_while_it_sleeps(server, client))
                    .collect()
            };
            let whole = replies.iter().filter(|it| it.is(200)).count();
            print_line(&format!(
                "{word}: {whole} whole replies{}",
                server.by_whom(&replies)
            ));
        }
        Step::Abort => {
            let client = Client::upload(port, 1)?;
            server.begun()?;
            client.abort();
            print_line(&format!("{word}: gone in the middle of the request"));
        }
    }
    Ok(())
}

fn finish_while_it_sleeps(server: &Server, client: Client) -> Reply {
    // With all of its processes asleep, the server itself is in `accept`, where SIGCHLD interrupts it.
    watch::until_asleep(server.pid);
    client.finish()
}

fn finish_while_it_stands_still(
    server: &Server,
    mut clients: Vec<Client>,
) -> io::Result<Vec<Reply>> {
    server.signal(Signal::SIGSTOP)?;
    watch::until_stopped(server.pid);
    for client in &mut clients {
        client.send_the_rest();
    }
    let count = clients.len();
    watch::until(server.pid, |family| family.zombies() == count);
    server.signal(Signal::SIGCONT)?;
    Ok(clients.into_iter().map(Client::receive).collect())
}

/// Says what is left of the children, and whether the server is still there.
fn look_behind(server: &Server) -> bool {
    let family = watch::until(server.pid, |family| family.children.is_empty());
    if server.has_ended() {
        print_line("the server went away");
    } else if family.alive() > 0 {
        print_line("fell through: a child of the server goes on after its connection");
    } else if family.zombies() > 0 {
        print_line("not reaped: children of the server that have ended are still zombies");
    } else {
        return true;
    }
    false
}
