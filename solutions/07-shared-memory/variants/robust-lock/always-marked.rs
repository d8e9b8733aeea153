//! Another way: the mark for sleepers is always set, so that there is one way to take the lock, and every `unlock` asks the kernel.

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
        loop {
            let taken = self.owner.fetch_update(SeqCst, SeqCst, |state| {
                (state & TID_MASK == 0).then_some(own_tid() | WAITERS)
            });
            match taken {
                Ok(state) if state & OWNER_DIED != 0 => return Taken::HolderDied,
                Ok(_) => return Taken::Clean,
                Err(state) => self.owner.futex_wait(Flags::empty(), state),
            };
        }
    }

    fn unlock(&self) {
        self.owner.store(0, SeqCst);
        self.owner.futex_wake(Flags::empty(), 1);
    }
}

fn main() -> ExitCode {
    drive(RobustLock::new, RobustLock::lock, RobustLock::unlock)
}
