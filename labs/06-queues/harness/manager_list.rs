//! Driver of `manager-list`: a list that lives in one process and is used by several.
//!
//! Usage: `manager-list [CLIENTS [ITEMS [SIZE]]]` (default `2 3 20`): so many clients append so many items each, the longest of SIZE
//! bytes. The main process has a connection, too: it is the first one, and says nothing until all clients have finished.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

use crate::idle::until_idle;
use crate::program::{Program, print_line, say};

/// No request and no reply is longer, in bytes.
pub const LONGEST: usize = 4096;

/// The list. It belongs to the server.
#[derive(Debug, Default)]
pub struct List {
    items: Vec<String>,
    executed: usize,
}

impl List {
    /// Executes a request and returns the reply: `append ITEM` (replies with its place), `get PLACE` (with the item), `len`.
    pub fn execute(&mut self, request: &str) -> String {
        self.executed += 1;
        match request.split_once(' ') {
            Some(("append", item)) => {
                self.items.push(item.to_owned());
                (self.items.len() - 1).to_string()
            }
            Some(("get", place)) => {
                let place = place.parse::<usize>().ok();
                let item = place.and_then(|place| self.items.get(place));
                item.cloned().unwrap_or_else(|| "nothing there".to_owned())
            }
            _ if request == "len" => self.items.len().to_string(),
            _ => "unknown request".to_owned(),
        }
    }
}

/// What the student writes for the server.
pub type Serve = fn(connections: Vec<OwnedFd>, list: &mut List) -> io::Result<()>;

/// What the student writes for the clients.
pub type Ask = fn(connection: BorrowedFd<'_>, request: &str) -> io::Result<String>;

/// Runs the exercise.
#[must_use]
pub fn drive(serve: Serve, ask: Ask) -> ExitCode {
    let program = Program::begin();
    let numbers = std::env::args().skip(1).map(|word| word.parse().ok());
    let Some([clients, items, size]) = numbers
        .collect::<Option<Vec<usize>>>()
        .and_then(|numbers| complete(&numbers))
    else {
        eprintln!(
            "usage: manager-list [CLIENTS [ITEMS [SIZE]]]: at most 8 clients, 20 items, 4000 bytes"
        );
        return ExitCode::from(2);
    };
    let result = lead(serve, ask, [clients, items, size]);
    program.end("the driver", result, |()| print_line("all processes ended"))
}

/// The numbers that are given, and the others by default.
fn complete(numbers: &[usize]) -> Option<[usize; 3]> {
    let mut all = [2, 3, 20];
    all.get_mut(..numbers.len())?.copy_from_slice(numbers);
    let [clients, items, size] = all;
    let is_right = (1..=8).contains(&clients) && (1..=20).contains(&items) && size <= 4000;
    is_right.then_some(all)
}

fn lead(serve: Serve, ask: Ask, [clients, items, size]: [usize; 3]) -> io::Result<()> {
    let mut server_ends = Vec::new();
    let mut client_ends = Vec::new();
    for _ in 0..=clients {
        let (client_end, server_end) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )?;
        client_ends.push(client_end);
        server_ends.push(server_end);
    }
    let server = start(|| {
        let own = Program::begin();
        client_ends.clear();
        let mut list = List::default();
        let served = serve(std::mem::take(&mut server_ends), &mut list);
        own.only_the_parent_returns_from("serve");
        finish("serve", served, || {
            say(&format!("executed {} requests", list.executed))
        })
    })?;
    server_ends.clear();
    // Whoever has nothing to do should sleep.
    until_idle(server);
    let mut children = Vec::new();
    for client in 1..=clients {
        children.push(start(|| {
            let own = client_ends.swap_remove(client);
            client_ends.clear();
            let appended = append(ask, own.as_fd(), client, items, size);
            finish("ask", appended, || {
                say(&format!(
                    "client {client}: {items} items appended, and found again"
                ));
            })
        })?);
    }
    // The main process keeps its own only: the server is to see the others hang up.
    client_ends.truncate(1);
    for child in children {
        join(child, "a client")?;
    }
    look(ask, client_ends[0].as_fd(), clients * items)?;
    drop(client_ends);
    join(server, "the server")
}

/// What a client does.
fn append(
    ask: Ask,
    connection: BorrowedFd<'_>,
    client: usize,
    items: usize,
    size: usize,
) -> io::Result<()> {
    for number in 1..=items {
        let item = item(client, number, size * number / items);
        let place = ask(connection, &format!("append {item}"))?;
        let found = ask(connection, &format!("get {place}"))?;
        if found != item && item.starts_with(&found) {
            say("cut off: an item came back shorter than it was");
            return Ok(());
        }
        if found != item {
            say("forgotten: an item is not where the server said");
            return Ok(());
        }
    }
    Ok(())
}

fn item(client: usize, number: usize, size: usize) -> String {
    let start = format!("item {number} of client {client} ");
    let letters = (b'a'..=b'z').cycle().map(char::from);
    let filled = size.saturating_sub(start.len());
    start.chars().chain(letters.take(filled)).collect()
}

/// What the main process does at last.
fn look(ask: Ask, connection: BorrowedFd<'_>, expected: usize) -> io::Result<()> {
    let length = ask(connection, "len")?;
    print_line(&format!("{length} items in the list"));
    if length
        .parse::<usize>()
        .is_ok_and(|length| length < expected)
    {
        print_line("forgotten: the list lacks items that were appended");
        return Ok(());
    }
    let mut items = Vec::new();
    for place in 0..expected {
        let mut item = ask(connection, &format!("get {place}"))?;
        item.truncate(40);
        items.push(item);
    }
    items.sort();
    items.iter().for_each(|item| print_line(item));
    Ok(())
}

/// Forks a child that does the work and leaves with the code that comes of it.
fn start(work: impl FnOnce() -> i32) -> io::Result<Pid> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = work();
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => Ok(child),
    }
}

fn finish(function: &str, result: io::Result<()>, print: impl FnOnce()) -> i32 {
    match result {
        Ok(()) => {
            print();
            0
        }
        Err(error) => {
            eprintln!("{function} failed: {error}");
            1
        }
    }
}

fn join(child: Pid, who: &str) -> io::Result<()> {
    match waitpid(child, None)? {
        WaitStatus::Exited(_, 0) => Ok(()),
        _ => Err(io::Error::other(format!("{who} failed"))),
    }
}
