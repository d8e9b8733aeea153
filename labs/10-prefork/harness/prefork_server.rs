//! Driver of `prefork-server`: a server whose workers are there in advance, and its clients.
//!
//! Usage: `prefork-server [WORKERS [STEP…]]` (default `4 held abort crash held`), or `prefork-server serve [PORT [WORKERS]]` to try
//! it with a client of your own (until Ctrl-C). Up to 16 workers. Steps:
//!
//! - `held`: as many clients as there are workers, all served at the same time: each of them keeps a worker busy.
//! - `abort`: a client that goes away in the middle of its request.
//! - `crash`: a request that kills the worker that answers it. `crashes`: each worker is killed that way, while the server stands
//!   still (SIGSTOP).
//! - `term`: a worker gets SIGTERM, from somebody who has mistaken it for the server.
//!
//! At the end the server gets SIGTERM.

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::app::App;
use crate::client::{self, Client, Reply};
use crate::load;
use crate::program::print_line;
use crate::server::{Server, by_hand, serve_by_hand, tell};
use crate::watch::{self, Family};

const MOST_WORKERS: usize = 16;

/// What the student writes: keeps so many workers serving, until SIGTERM.
pub type Serve = fn(listener: TcpListener, workers: usize, app: &App) -> io::Result<()>;

#[derive(Debug, Clone, Copy)]
enum Step {
    Held,
    Abort,
    Crash,
    Crashes,
    Term,
}

impl Step {
    fn of(word: &str) -> Option<Self> {
        match word {
            "held" => Some(Self::Held),
            "abort" => Some(Self::Abort),
            "crash" => Some(Self::Crash),
            "crashes" => Some(Self::Crashes),
            "term" => Some(Self::Term),
            _ => None,
        }
    }
}

/// Runs the exercise.
#[must_use]
pub fn drive(serve: Serve) -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if let Some((port, numbers)) = by_hand(&words) {
        let workers = numbers.first().copied().unwrap_or(4);
        return serve_by_hand(port, |listener, app| serve(listener, workers, app));
    }
    if let Some((port, clients, time)) = load::asked_for(&words) {
        return load::run(port, clients, time);
    }
    if words.is_empty() {
        words = ["4", "held", "abort", "crash", "held"]
            .map(String::from)
            .into();
    }
    let workers = words.remove(0).parse::<usize>().ok();
    let workers = workers.filter(|it| (1..=MOST_WORKERS).contains(it));
    let steps: Option<Vec<Step>> = words.iter().map(|word| Step::of(word)).collect();
    let (Some(workers), Some(steps)) = (workers, steps) else {
        eprintln!(
            "usage: prefork-server [WORKERS [STEP…]] (1 to {MOST_WORKERS}; held, abort, crash, crashes, term) | serve [PORT [WORKERS]]"
        );
        return ExitCode::from(2);
    };
    let count = u32::try_from(workers).unwrap_or_default();
    tell(
        |listener, app| serve(listener, workers, app),
        |server| {
            if !server.expect_workers(count) {
                server.give_up();
                return Ok(());
            }
            for (step, word) in steps.into_iter().zip(&words) {
                if !take(server, step, word, count)? {
                    server.give_up();
                    return Ok(());
                }
            }
            Ok(server.signal(Signal::SIGTERM)?)
        },
    )
}

/// Does a step; false if it is of no use to go on.
fn take(server: &Server, step: Step, word: &str, count: u32) -> io::Result<bool> {
    match step {
        Step::Held => {
            let clients = server.hold(count)?;
            print_line(&format!(
                "{word}: {count} requests are served at the same time"
            ));
            let replies: Vec<Reply> = clients.into_iter().map(Client::finish).collect();
            let whole = replies.iter().filter(|it| it.is(200)).count();
            let by_whom = server.by_whom(&replies);
            print_line(&format!("{word}: {whole} whole replies{by_whom}"));
            Ok(true)
        }
        Step::Abort => {
            let client = Client::upload(server.port, 1)?;
            server.begun()?;
            client.abort();
            print_line(&format!("{word}: gone in the middle of the request"));
            Ok(server.expect_workers(count))
        }
        Step::Crash => {
            let before = watch::children_of(server.pid);
            let reply = client::get(server.port, "/crash");
            print_line(&format!(
                "{word}: {}",
                if reply.is(200) { "a reply" } else { "no reply" }
            ));
            // Until it has been noticed that one has gone.
            watch::until(server.pid, |family| {
                let is_there = |pid: &Pid| family.children.iter().any(|it| it.pid == *pid);
                !before.iter().all(is_there)
            });
            if server.expect_workers(count) {
                return Ok(true);
            }
            print_line("the worker that has crashed was not replaced");
            Ok(false)
        }
        Step::Crashes => {
            server.signal(Signal::SIGSTOP)?;
            watch::until_stopped(server.pid);
            let replies = (0..count).map(|_| client::get(server.port, "/crash"));
            let lost = replies.filter(|it| !it.is(200)).count();
            let zombies = |family: &Family| family.zombies() == count as usize;
            watch::until(server.pid, zombies);
            server.signal(Signal::SIGCONT)?;
            print_line(&format!(
                "{word}: {lost} workers have ended while the server stood still"
            ));
            let is_well = server.expect_workers(count);
            let family = watch::until(server.pid, |family| family.zombies() == 0);
            if !is_well && family.zombies() > 0 {
                print_line("not all reaped: workers that have ended together are still zombies");
            }
            Ok(is_well)
        }
        Step::Term => {
            let before = watch::children_of(server.pid);
            // The last one knows all of its siblings.
            let Some(worker) = before.last().copied() else {
                return Ok(false);
            };
            kill(worker, Signal::SIGTERM)?;
            let wanted = before.len();
            let after = watch::until(server.pid, |family| {
                family.alive() == wanted && family.children.iter().all(|it| it.pid != worker)
            });
            let is_there = |pid| {
                after
                    .children
                    .iter()
                    .any(|it| it.pid == pid && !it.is_zombie)
            };
            let others = before.iter().copied().filter(|it| *it != worker);
            if !others.into_iter().all(is_there) {
                print_line(&format!(
                    "{word}: siblings were stopped, though nobody had asked for that"
                ));
                return Ok(false);
            }
            if is_there(worker) {
                print_line(&format!(
                    "{word}: the worker goes on as if it had not been asked"
                ));
                return Ok(false);
            }
            print_line(&format!("{word}: the worker has ended, and no other"));
            Ok(server.expect_workers(count))
        }
    }
}
