//! Exercise `scoreboard`: workers that say what they do, and a master that shows it.
//!
//! It shows how processes tell about themselves without talking to anybody: each worker publishes in a slot of its own in shared
//! memory, and whoever wants to know reads, at any moment. What belongs together has to be published together: a state of now with a
//! count of before is a row that was never true. And it shows what no slot says: that its worker has ended.
//!
//! Calls: `std::sync::atomic` on a `SharedU64`; waitid(2) with WNOWAIT, or proc_pid_stat(5).
//! Run it: `cargo run -p prefork --bin scoreboard -- 3 2`.
//! Edit: the bodies of `Slot`'s functions, of `work` and of `survey`; and the slot's fields if you need others.

use std::io;
use std::process::ExitCode;

use prefork::scoreboard::{Feature, Requests, Row, State, Worker, drive};
use prefork::shared;
use prefork::shared::SharedU64;

shared! {
    /// What a worker tells about itself. It lies in memory that all processes share.
    #[derive(Debug)]
    struct Slot {
        word: SharedU64,
    }
}

impl Slot {
    /// The slot of a worker that is idle and has served nothing.
    fn new() -> Self {
        Self {
            word: SharedU64::new(0),
        }
    }

    /// Publishes a state and a count, in the one worker that this slot belongs to.
    fn publish(&self, state: State, served: u32) {
        // TODO: make it impossible to read the one without the other.
        todo!("publish {state:?} and {served} in {:?}", self.word)
    }

    /// Reads a state and a count that were published together. It never waits: the worker may have been killed in the middle.
    fn read(&self) -> (State, u32) {
        // TODO: read both at once.
        todo!("read {:?}", self.word)
    }
}

/// Runs in a worker. Serves its requests (`requests.next()`, `request.answer(…)`) until there is none left.
///
/// - While it has a request in hand it is `Busy`, otherwise `Idle`. A request counts as served when it has been answered.
/// - A request is answered with the feature if that is on when the request comes.
fn work(slot: &Slot, feature: &Feature, requests: &Requests) -> io::Result<()> {
    // TODO: publish, answer, publish.
    todo!("serve {requests:?}, with {feature:?}, and say so in {slot:?}")
}

/// Runs in the master, the workers' parent. Returns a row for each worker, in their order. A worker that has ended and was not waited
/// for is a `Zombie`, whatever its slot says; to show it does not mean to reap it.
fn survey(workers: &[Worker<Slot>]) -> io::Result<Vec<Row>> {
    // TODO: ask the kernel who has ended, and the slots for the rest.
    todo!("look at {workers:?}")
}

fn main() -> ExitCode {
    drive(Slot::new, Slot::publish, Slot::read, work, survey)
}
