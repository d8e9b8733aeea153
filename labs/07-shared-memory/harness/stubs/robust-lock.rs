//! Exercise `robust-lock`: the holder of a lock is killed, and the next one learns it.
//!
//! It shows what becomes of a lock in shared memory when its holder dies: nothing, unless the lock says who holds it. If it does, the
//! kernel can help: at the end of a process it looks at a word that the process has named before, marks it, and wakes a sleeper.
//!
//! Calls: set_robust_list(2) by `robust::watch`, gettid(2) by `robust::own_tid`, futex(2) by `SharedU32::futex_wait` and `futex_wake`;
//! see also pthread_mutexattr_setrobust(3) for the same in the C library.
//! Run it: `cargo run -p shared-memory --bin robust-lock`, and `… -- 3` for three processes.
//! Edit: the fields of `RobustLock` and the bodies of its functions.

use std::process::ExitCode;

use shared_memory::robust_lock::{Taken, drive};
use shared_memory::shared;
use shared_memory::shared::SharedU32;

shared! {
    /// The lock. It lies in memory that all processes share; add the words that you need.
    #[derive(Debug)]
    struct RobustLock {
        /// The holder's number (`robust::TID_MASK`), or 0, and two marks: `robust::WAITERS`, `robust::OWNER_DIED`.
        owner: SharedU32,
    }
}

impl RobustLock {
    /// A lock that nobody holds.
    fn new() -> Self {
        // TODO: the words at the beginning.
        todo!("a lock that nobody holds")
    }

    /// Takes the lock. While another process that lives holds it, the caller sleeps; it may look up to 1,000 times before.
    ///
    /// Returns `Taken::HolderDied` if the one before has died with the lock in its hand: once, to the one who takes it next.
    fn lock(&self) -> Taken {
        // TODO: `robust::watch(&self.owner)`, then take the lock in the name of `robust::own_tid()`.
        todo!("take {:?}", self.owner)
    }

    /// Gives the lock back. If somebody sleeps in `lock`, one of those is woken.
    fn unlock(&self) {
        // TODO: give the lock back.
        todo!("give {:?} back", self.owner)
    }
}

fn main() -> ExitCode {
    drive(RobustLock::new, RobustLock::lock, RobustLock::unlock)
}
