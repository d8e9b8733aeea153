//! Driver of `graceful-drain`: a server that is stopped while it has something to do, its clients, and whoever balances load.
//!
//! Usage: `graceful-drain [WORKERS [QUEUED [stuck]]]` (default `2 3`; up to 16 workers, up to 20 queued), or
//! `graceful-drain serve [PORT [WORKERS [SECONDS]]]` to try it with a client of your own.
//!
//! A slow client keeps each worker busy. A health check and QUEUED other clients connect, which nobody accepts. Now SIGTERM comes.
//! The slow clients send what they have left, and everybody wants a whole reply. Whoever balances the load stops connecting at 503.
//! With `stuck` the slow clients send nothing any more, and the grace period is short.

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::getpid;

use crate::app::{App, LEAVING};
use crate::client::{self, Client, Reply};
use crate::program::print_line;
use crate::server::{Server, by_hand, serve_by_hand, tell};
use crate::watch;

const MOST_WORKERS: usize = 16;
const MOST_QUEUED: usize = 20;

/// More than any run takes.
const LONG_GRACE: Duration = Duration::from_secs(60);

/// For clients who never come to an end.
const SHORT_GRACE: Duration = Duration::from_millis(300);

/// What the student writes: keeps so many workers serving until SIGTERM, and then lets nobody down within the grace period.
pub type Serve =
    fn(listener: TcpListener, workers: usize, grace: Duration, app: &App) -> io::Result<()>;

/// Runs the exercise.
#[must_use]
pub fn drive(serve: Serve) -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if let Some((port, numbers)) = by_hand(&words) {
        let workers = numbers.first().copied().unwrap_or(4);
        let seconds = numbers
            .get(1)
            .map_or(30, |it| u64::try_from(*it).unwrap_or(30));
        return serve_by_hand(port, |listener, app| {
            serve(listener, workers, Duration::from_secs(seconds), app)
        });
    }
    if words.is_empty() {
        words = ["2", "3"].map(String::from).into();
    }
    let is_stuck = words.get(2).is_some_and(|word| word == "stuck");
    let numbers: Option<Vec<usize>> = words.iter().take(2).map(|it| it.parse().ok()).collect();
    let (Some(&[workers @ 1..=MOST_WORKERS, queued @ 0..=MOST_QUEUED]), true) =
        (numbers.as_deref(), words.len() == 2 || is_stuck)
    else {
        eprintln!(
            "usage: graceful-drain [WORKERS [QUEUED [stuck]]] (1 to {MOST_WORKERS}, 0 to {MOST_QUEUED}) | serve [PORT [WORKERS [SECONDS]]]"
        );
        return ExitCode::from(2);
    };
    let grace = if is_stuck { SHORT_GRACE } else { LONG_GRACE };
    let count = u32::try_from(workers).unwrap_or_default();
    tell(
        |listener, app| serve(listener, workers, grace, app),
        |server| {
            if !server.expect_workers(count) {
                server.give_up();
                return Ok(());
            }
            print_line(&format!(
                "health: {}",
                health(&client::get(server.port, "/health"))
            ));
            if is_stuck {
                stuck(server, count)
            } else {
                drained(server, count, queued)
            }
        },
    )
}

fn health(reply: &Reply) -> String {
    match reply {
        Reply::Whole(status, _) => status.to_string(),
        Reply::Broken(_) => "no reply".to_owned(),
    }
}

fn drained(server: &Server, count: u32, queued: usize) -> io::Result<()> {
    let slow = server.hold(count)?;
    // From here on nobody is free to accept.
    let check = Client::get(server.port, "/health")?;
    let mut waiting = Vec::new();
    for _ in 0..queued {
        waiting.push(Client::get(server.port, "/")?);
    }
    watch::until_queued(server.port, queued + 1);
    print_line(&format!(
        "in flight: {count}, in the backlog: 1 health check and {queued} requests"
    ));
    server.signal(Signal::SIGTERM)?;
    let is_leaving = server.reports_soon(LEAVING)?;
    if !is_leaving && watch::has_taken(server.pid, Signal::SIGTERM) {
        print_line("stays in rotation: SIGTERM has come, and the health check does not know");
        server.give_up();
        return Ok(());
    }
    let replies: Vec<Reply> = slow.into_iter().map(Client::finish).collect();
    let whole = replies.iter().filter(|it| it.is(200)).count();
    print_line(&format!(
        "in flight: {whole} whole replies{}",
        server.by_whom(&replies)
    ));
    if whole < replies.len() {
        print_line("dropped: a request in flight got no whole reply");
    }
    // Nobody connects any more after this.
    print_line(&format!("health: {}", health(&check.receive())));
    let served = waiting
        .into_iter()
        .map(Client::receive)
        .filter(|it| it.is(200))
        .count();
    print_line(&format!("in the backlog: {served} whole replies"));
    if served < queued {
        print_line("reset: who had connected before the 503 was not served");
    }
    Ok(())
}

fn stuck(server: &Server, count: u32) -> io::Result<()> {
    let slow = server.hold(count)?;
    server.signal(Signal::SIGTERM)?;
    server.next_or_end(LEAVING)?;
    // The grace period passes. Whoever waits longer waits for ever.
    server.until_end();
    // Workers that it has left behind would wait for their clients.
    if watch::children_of(getpid()).len() > 1 {
        return Ok(());
    }
    let whole = slow
        .into_iter()
        .map(Client::receive)
        .filter(|it| it.is(200))
        .count();
    print_line(&format!(
        "clients who never came to an end: {whole} whole replies"
    ));
    Ok(())
}
