//! Mistake: the lock of a dead process is taken over, and nobody is told that what it protects may be damaged.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use shared_memory::robust_lock::{Taken, drive};
use shared_memory::shared;
use shared_memory::shared::robust::{TID_MASK, WAITERS, own_tid, watch};
use shared_memory::shared::{Flags, SharedU32};

shared! {
    #[derive(Debug)]
    struct RobustLock {
        owner: SharedU32,
    }
}

impl RobustLock {
    fn new() -> Self {
        Self {
            owner: SharedU32::new(0),
        }
    }

    fn lock(&self) -> Taken {
        watch(&self.owner).expect("the kernel watches one word for each process");
        if self.owner.compare_exchange(0, own_tid(), SeqCst, SeqCst).is_ok() {
            return Taken::Clean;
        }
        loop {
            let state = self.owner.load(SeqCst);
            if state & TID_MASK == 0 {
                let own = own_tid() | WAITERS;
                if self.owner.compare_exchange(state, own, SeqCst, SeqCst).is_ok() {
                    return Taken::Clean;
                }
            } else if self.owner.fetch_or(WAITERS, SeqCst) & TID_MASK == state & TID_MASK {
                self.owner.futex_wait(Flags::empty(), state | WAITERS);
            }
        }
    }

    fn unlock(&self) {
        if self.owner.swap(0, SeqCst) & WAITERS != 0 {
            self.owner.futex_wake(Flags::empty(), 1);
        }
    }
}

fn main() -> ExitCode {
    drive(RobustLock::new, RobustLock::lock, RobustLock::unlock)
}
