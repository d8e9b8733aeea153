//! Exercise `futex-mutex`: a lock between processes, from one atomic word and a futex.
//!
//! It shows what a mutex is made of: an operation that takes it, a sleep in the kernel for those who find it taken, and an
//! unlock that wakes one of them, if there is one. As long as nobody has to wait, the kernel need not be asked at all.
//!
//! Calls: futex(2) by `SharedU32::futex_wait` and `futex_wake`; the operations of `std::sync::atomic::AtomicU32`; see also futex(7).
//! Run it: `cargo run -p shared-memory --bin futex-mutex`, and `… -- 3` for three processes.
//! Edit: the fields of `Mutex` and the bodies of its functions.

use std::process::ExitCode;

use shared_memory::futex_mutex::drive;
use shared_memory::shared;
use shared_memory::shared::SharedU32;

shared! {
    /// The mutex. It lies in memory that all processes share; add the words that you need.
    #[derive(Debug)]
    struct Mutex {
        state: SharedU32,
    }
}

impl Mutex {
    /// A mutex that nobody holds.
    fn new() -> Self {
        // TODO: decide what the numbers in `state` mean.
        todo!("an unlocked mutex")
    }

    /// Takes the mutex. While another process holds it, the caller sleeps; it may look up to 1,000 times before.
    fn lock(&self) {
        // TODO: take the mutex, or wait until it is free.
        todo!("lock {:?}", self.state)
    }

    /// Gives the mutex back. If somebody sleeps in `lock`, one of those is woken.
    fn unlock(&self) {
        // TODO: give the mutex back.
        todo!("unlock {:?}", self.state)
    }
}

fn main() -> ExitCode {
    drive(Mutex::new, Mutex::lock, Mutex::unlock)
}
