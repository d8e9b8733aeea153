//! Exercise `semaphore`: at most so many processes at once.
//!
//! It shows how a number in shared memory and a futex become a semaphore: who finds no permit sleeps in the kernel, and who
//! gives one back wakes a sleeper. Nobody may come in between the look at the number and what follows from it.
//!
//! Calls: futex(2) by `SharedU32::futex_wait` and `futex_wake`; the operations of `std::sync::atomic::AtomicU32`; see also
//! sem_overview(7) for the semaphores of the C library.
//! Run it: `cargo run -p shared-memory --bin semaphore`, and `… -- 2 4` for 2 permits and 4 processes.
//! Edit: the fields of `Semaphore` and the bodies of its functions.

use std::process::ExitCode;

use shared_memory::semaphore::drive;
use shared_memory::shared;
use shared_memory::shared::SharedU32;

shared! {
    /// The semaphore. It lies in memory that all processes share; add the words that you need.
    #[derive(Debug)]
    struct Semaphore {
        permits: SharedU32,
    }
}

impl Semaphore {
    /// A semaphore with so many permits.
    fn new(permits: u32) -> Self {
        // TODO: the words at the beginning.
        todo!("a semaphore with {permits} permits")
    }

    /// Takes a permit. While there is none, the caller sleeps; it may look up to 1,000 times before.
    fn acquire(&self) {
        // TODO: take a permit, or wait for one.
        todo!("take a permit of {:?}", self.permits)
    }

    /// Gives a permit back, and wakes somebody who waits for it.
    fn release(&self) {
        // TODO: give a permit back.
        todo!("give a permit back to {:?}", self.permits)
    }
}

fn main() -> ExitCode {
    drive(Semaphore::new, Semaphore::acquire, Semaphore::release)
}
