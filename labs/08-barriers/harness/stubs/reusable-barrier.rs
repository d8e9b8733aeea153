//! Exercise `reusable-barrier`: processes meet at the same point, again and again.
//!
//! It shows why a count of those who have come is not enough for a second round: the fast ones come again before the slow ones have left.
//! A generation, a number that changes with each round, tells the rounds apart, and everybody sleeps on it.
//!
//! Calls: futex(2) by `SharedU32::futex_wait` and `futex_wake`; the operations of `std::sync::atomic::AtomicU32`; see also
//! pthread_barrier_wait(3).
//! Run it: `cargo run -p barriers --bin reusable-barrier`, and `… -- 4` for four processes.
//! Edit: the fields of `Barrier` and the bodies of its functions.

use std::process::ExitCode;

use barriers::reusable_barrier::drive;
use barriers::shared;
use barriers::shared::SharedU32;

shared! {
    /// The barrier. It lies in memory that all processes share; add the words that you need.
    #[derive(Debug)]
    struct Barrier {
        arrived: SharedU32,
    }
}

impl Barrier {
    /// A barrier for so many processes, at which nobody has arrived.
    fn new(members: u32) -> Self {
        // TODO: the words at the beginning.
        todo!("a barrier for {members} processes")
    }

    /// Waits until all have come, and goes on. The caller sleeps meanwhile; it may look up to 1,000 times before.
    ///
    /// Returns `true` to one process of each round, whichever that is, and `false` to the others. Then the next round can begin, with the
    /// same processes, before all have left this one.
    fn wait(&self) -> bool {
        // TODO: arrive; let all go on, or wait until somebody does.
        todo!("wait at {:?}", self.arrived)
    }
}

fn main() -> ExitCode {
    drive(Barrier::new, Barrier::wait)
}
