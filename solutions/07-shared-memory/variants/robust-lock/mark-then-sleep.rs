//! Another way: the mark is set by a comparison with what was seen, and whoever unlocks wakes everybody.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use shared_memory::robust_lock::{Taken, drive};
use shared_memory::shared;
use shared_memory::shared::robust::{OWNER_DIED, TID_MASK, WAITERS, own_tid, watch};
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
        let mut marked = own_tid();
        loop {
            let state = self.owner.load(SeqCst);
            if state & TID_MASK == 0 {
                if self.owner.compare_exchange(state, marked, SeqCst, SeqCst).is_err() {
                    continue;
                }
                let died = state & OWNER_DIED != 0;
                return if died { Taken::HolderDied } else { Taken::Clean };
            }
            marked = own_tid() | WAITERS;
            let waiting = state | WAITERS;
            if state == waiting || self.owner.compare_exchange(state, waiting, SeqCst, SeqCst).is_ok() {
                self.owner.futex_wait(Flags::empty(), waiting);
            }
        }
    }

    fn unlock(&self) {
        if self.owner.swap(0, SeqCst) & WAITERS != 0 {
            self.owner.futex_wake(Flags::empty(), u32::MAX);
        }
    }
}

fn main() -> ExitCode {
    drive(RobustLock::new, RobustLock::lock, RobustLock::unlock)
}
