//! Driver of `scale-workers`: a server that gets more and fewer workers while it serves.
//!
//! Usage: `scale-workers [WORKERS [STEP…]]` (default `2 more fewer fewer-idle`), or `scale-workers serve [PORT [WORKERS]]` to try it
//! with a client of your own. Up to 8 workers. Steps:
//!
//! - `more`: SIGTTIN; then one client more than before is served at the same time.
//! - `fewer`: SIGTTOU while all workers are busy with a slow client.
//! - `fewer-idle`: SIGTTOU while no worker has anything to do.
//! - `fewer-more`: SIGTTOU while all workers are busy with a slow client; then, as long as the worker that leaves has this client, SIGTTIN
//!   twice, and one client more than before.
//! - `load=N`: three clients that make N requests each, while workers are added and removed.
//!
//! At the end the server gets SIGTERM.

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

use crate::app::App;
use crate::client::{self, Client, Reply};
use crate::program::print_line;
use crate::server::{Server, by_hand, serve_by_hand, tell};
use crate::watch;

const MOST_WORKERS: u32 = 8;
const MOST_REQUESTS: u32 = 100;

/// How many clients make requests one after the other, and how often a worker is added and removed meanwhile.
const CLIENTS: u32 = 3;
const CHANGES: u32 = 4;

/// What the student writes: keeps workers serving until SIGTERM; one more after SIGTTIN, one less after SIGTTOU.
pub type Serve = fn(listener: TcpListener, workers: usize, app: &App) -> io::Result<()>;

#[derive(Debug, Clone, Copy)]
enum Step {
    More,
    Fewer,
    FewerIdle,
    FewerMore,
    Load(u32),
}

impl Step {
    fn of(word: &str) -> Option<Self> {
        match word.split_once('=') {
            None if word == "more" => Some(Self::More),
            None if word == "fewer" => Some(Self::Fewer),
            None if word == "fewer-idle" => Some(Self::FewerIdle),
            None if word == "fewer-more" => Some(Self::FewerMore),
            Some(("load", number)) => number
                .parse()
                .ok()
                .filter(|it| (1..=MOST_REQUESTS).contains(it))
                .map(Self::Load),
            _ => None,
        }
    }
}

/// Runs the exercise.
#[must_use]
pub fn drive(serve: Serve) -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if let Some((port, numbers)) = by_hand(&words) {
        let workers = numbers.first().copied().unwrap_or(2);
        return serve_by_hand(port, |listener, app| serve(listener, workers, app));
    }
    if words.is_empty() {
        words = ["2", "more", "fewer", "fewer-idle"]
            .map(String::from)
            .into();
    }
    let workers = words.remove(0).parse::<u32>().ok();
    let workers = workers.filter(|it| (1..=MOST_WORKERS).contains(it));
    let steps: Option<Vec<Step>> = words.iter().map(|word| Step::of(word)).collect();
    let (Some(mut count), Some(steps)) = (workers, steps) else {
        eprintln!(
            "usage: scale-workers [WORKERS [STEP…]] (1 to {MOST_WORKERS}; more, fewer, fewer-idle, fewer-more, load=N) | serve [PORT [WORKERS]]"
        );
        return ExitCode::from(2);
    };
    let workers = usize::try_from(count).unwrap_or(1);
    tell(
        |listener, app| serve(listener, workers, app),
        |server| {
            let mut is_well = server.expect_workers(count);
            for (step, word) in steps.into_iter().zip(&words) {
                is_well = is_well && take(server, step, word, &mut count)?;
            }
            if !is_well {
                server.give_up();
                return Ok(());
            }
            Ok(server.signal(Signal::SIGTERM)?)
        },
    )
}

/// Does a step; false if it is of no use to go on.
fn take(server: &Server, step: Step, word: &str, count: &mut u32) -> io::Result<bool> {
    // The last worker stays.
    let fewer = (*count - 1).max(1);
    match step {
        Step::More => {
            server.signal(Signal::SIGTTIN)?;
            *count += 1;
            if !server.expect_workers(*count) {
                return Ok(false);
            }
            let clients = server.hold(*count)?;
            finish(server, word, clients);
        }
        Step::Fewer => {
            let clients = server.hold(*count)?;
            server.signal(Signal::SIGTTOU)?;
            // Until the server has done what it does about it, whatever that is.
            watch::until_asleep(server.pid);
            finish(server, word, clients);
            *count = fewer;
            return Ok(is_removed(server, *count));
        }
        Step::FewerIdle => {
            server.signal(Signal::SIGTTOU)?;
            if *count == fewer && server.workers() == 0 {
                print_line("nobody left: the last worker was removed");
                return Ok(false);
            }
            *count = fewer;
            if !is_removed(server, *count) {
                return Ok(false);
            }
            let clients = server.hold(*count)?;
            finish(server, word, clients);
        }
        Step::FewerMore => {
            let mut clients = server.hold(*count)?;
            server.signal(Signal::SIGTTOU)?;
            watch::until_asleep(server.pid);
            server.signal(Signal::SIGTTIN)?;
            // Of two signals of one kind, the second would be lost as long as the first is pending. Whoever counts those that leave
            // among the workers has nothing to do yet.
            let before = clients.len();
            watch::until(server.pid, |family| family.alive() > before);
            server.signal(Signal::SIGTTIN)?;
            *count = fewer + 2;
            clients.push(Client::upload(server.port, *count)?);
            // A server that waits for the one that leaves, waits for this client, and this client for the server.
            server.begun()?;
            finish(server, word, clients);
            return Ok(server.expect_workers(*count));
        }
        Step::Load(requests) => load(server, word, requests, *count)?,
    }
    Ok(true)
}

fn is_removed(server: &Server, count: u32) -> bool {
    let is_so = server.expect_workers(count);
    if !is_so && server.workers() > usize::try_from(count).unwrap_or_default() {
        print_line("not removed: a worker goes on as if it had not been asked to leave");
    }
    is_so
}

/// Lets slow clients finish, and prints what they got.
fn finish(server: &Server, word: &str, clients: Vec<Client>) {
    let count = clients.len();
    let replies: Vec<Reply> = clients.into_iter().map(Client::finish).collect();
    let whole = replies.iter().filter(|it| it.is(200)).count();
    let by_whom = server.by_whom(&replies);
    print_line(&format!(
        "{word}: {count} requests at the same time, {whole} whole replies{by_whom}"
    ));
    if whole < count {
        print_line("dropped: a request in flight got no whole reply");
    }
}

/// Clients in processes of their own, which make one request after the other; meanwhile workers come and go.
fn load(server: &Server, word: &str, requests: u32, count: u32) -> io::Result<()> {
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let served = (0..requests).filter(|_| client::get(server.port, "/").is(200));
                let lost = usize::try_from(requests).unwrap_or(0) - served.count();
                // SAFETY: `_exit` does not return, and leaves the driver's buffers alone.
                unsafe { nix::libc::_exit(i32::try_from(lost).unwrap_or(1)) }
            }
            ForkResult::Parent { child } => clients.push(child),
        }
    }
    let usize_of = |count: u32| usize::try_from(count).unwrap_or_default();
    for _ in 0..CHANGES {
        server.signal(Signal::SIGTTIN)?;
        watch::until(server.pid, |family| family.alive() == usize_of(count + 1));
        server.signal(Signal::SIGTTOU)?;
        watch::until(server.pid, |family| {
            family.children.len() == usize_of(count)
        });
    }
    let mut lost = 0;
    for client in clients {
        lost += match waitpid(client, None)? {
            WaitStatus::Exited(_, lost) => lost.cast_unsigned(),
            _ => requests,
        };
    }
    let all = CLIENTS * requests;
    print_line(&format!(
        "{word}: {} of {all} requests were served",
        all - lost
    ));
    if lost > 0 {
        print_line("dropped: a request was lost while workers came and went");
    }
    Ok(())
}
