//! Mistake: nobody sleeps. Who finds the lock taken looks again, and takes the CPU from the one who holds it.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use shared_memory::robust_lock::{Taken, drive};
use shared_memory::shared;
use shared_memory::shared::robust::{OWNER_DIED, TID_MASK, own_tid, watch};
use shared_memory::shared::SharedU32;

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
        loop {
            let state = self.owner.load(SeqCst);
            if state & TID_MASK != 0 {
                std::hint::spin_loop();
            } else if self.owner.compare_exchange(state, own_tid(), SeqCst, SeqCst).is_ok() {
                let died = state & OWNER_DIED != 0;
                return if died { Taken::HolderDied } else { Taken::Clean };
            }
        }
    }

    fn unlock(&self) {
        self.owner.store(0, SeqCst);
    }
}

fn main() -> ExitCode {
    drive(RobustLock::new, RobustLock::lock, RobustLock::unlock)
}
