//! Mistake: sleepers are counted in a word of their own. `unlock` looks there, but the kernel, which has to wake somebody when the holder
//! dies, looks for the mark in the word itself.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use shared_memory::robust_lock::{Taken, drive};
use shared_memory::shared;
use shared_memory::shared::robust::{OWNER_DIED, TID_MASK, own_tid, watch};
use shared_memory::shared::{Flags, SharedU32};

shared! {
    #[derive(Debug)]
    struct RobustLock {
        owner: SharedU32,
        sleepers: SharedU32,
    }
}

impl RobustLock {
    fn new() -> Self {
        Self {
            owner: SharedU32::new(0),
            sleepers: SharedU32::new(0),
        }
    }

    fn lock(&self) -> Taken {
        watch(&self.owner).expect("the kernel watches one word for each process");
        loop {
            let state = self.owner.load(SeqCst);
            if state & TID_MASK == 0 {
                if self.owner.compare_exchange(state, own_tid(), SeqCst, SeqCst).is_ok() {
                    let died = state & OWNER_DIED != 0;
                    return if died { Taken::HolderDied } else { Taken::Clean };
                }
            } else {
                self.sleepers.fetch_add(1, SeqCst);
                self.owner.futex_wait(Flags::empty(), state);
                self.sleepers.fetch_sub(1, SeqCst);
            }
        }
    }

    fn unlock(&self) {
        self.owner.store(0, SeqCst);
        if self.sleepers.load(SeqCst) > 0 {
            self.owner.futex_wake(Flags::empty(), 1);
        }
    }
}

fn main() -> ExitCode {
    drive(RobustLock::new, RobustLock::lock, RobustLock::unlock)
}
