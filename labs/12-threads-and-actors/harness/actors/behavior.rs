//! What an actor does with a message, and what is noted about it.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};

use nix::unistd::{Pid, getpid};

use crate::rest::{Rest, first_thread, until_at_rest};
use crate::shared::Shareable;

/// The most actors.
pub(super) const MOST: usize = 8;

/// What is noted about all actors. They share it with the driver.
pub(super) struct Page {
    pub(super) actors: [Notes; MOST],
    /// The main process asks again and again instead of waiting.
    pub(super) asks_again: AtomicBool,
}

/// What is noted about one actor.
pub(super) struct Notes {
    /// The process that received the messages; 0 before the first one.
    pub(super) pid: AtomicI32,
    pub(super) received: AtomicU32,
    /// It received something else than it should have received.
    pub(super) is_mixed: AtomicBool,
}

// SAFETY: a page consists of atomics, for which zeros are valid.
unsafe impl Shareable for Page {}

/// What an actor does with its messages. It belongs to the actor's process.
pub struct Behavior {
    name: String,
    /// What is to be received, in this order.
    messages: Vec<String>,
    received: usize,
    total: u64,
    main: Pid,
    page: &'static Page,
    notes: &'static Notes,
}

impl std::fmt::Debug for Behavior {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl Behavior {
    pub(super) fn of(
        name: &str,
        number: usize,
        messages: Vec<String>,
        page: &'static Page,
    ) -> Self {
        Self {
            name: name.to_owned(),
            messages,
            received: 0,
            total: 0,
            main: getpid(),
            page,
            notes: &page.actors[number],
        }
    }

    /// Receives a message, and returns the answer to it, without a newline. Whether somebody wants the answer, the behavior does not
    /// know. It can also crash.
    pub fn receive(&mut self, message: &str) -> String {
        if self.received == 0 && getpid() != self.main {
            let rest = until_at_rest(|| vec![first_thread(self.main)]);
            if rest == Rest::Busy {
                self.page.asks_again.store(true, Ordering::SeqCst);
            }
        }
        self.notes.pid.store(getpid().as_raw(), Ordering::SeqCst);
        self.notes.received.fetch_add(1, Ordering::SeqCst);
        if self.messages.get(self.received).map(String::as_str) != Some(message) {
            self.notes.is_mixed.store(true, Ordering::SeqCst);
        }
        self.received += 1;
        match message.split_once(' ') {
            Some(("add", number)) => self.total += number.parse().unwrap_or(0),
            _ if message == "crash" => std::process::abort(),
            _ => {}
        }
        let Self {
            name,
            received,
            total,
            ..
        } = self;
        format!("{name} answers message {received}: the total is {total}")
    }
}
