//! Mistake: the mark of the dead holder stays in the word when the lock is taken and given back, so everybody is told who comes after.

use std::process::ExitCode;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

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
        // Before the lock is taken: from the first moment on, the kernel has to know where to look.
        watch(&self.owner).expect("the kernel watches one word for each process");
        // Taking it and saying who has it are one operation. In between, nobody could tell whose lock it is.
        if self
            .owner
            .compare_exchange(0, own_tid(), Acquire, Relaxed)
            .is_ok()
        {
            return Taken::Clean;
        }
        loop {
            let state = self.owner.load(Relaxed);
            if state & TID_MASK == 0 {
                // Free, or free because its holder died. Others may sleep, so the mark for them is set: the kernel has woken
                // one of them at most.
                let own = own_tid() | WAITERS | (state & OWNER_DIED);
                if self
                    .owner
                    .compare_exchange(state, own, Acquire, Relaxed)
                    .is_ok()
                {
                    let died = state & OWNER_DIED != 0;
                    return if died {
                        Taken::HolderDied
                    } else {
                        Taken::Clean
                    };
                }
            } else if self.owner.fetch_or(WAITERS, Relaxed) & TID_MASK == state & TID_MASK {
                // It sleeps only if the word still names that holder, with the mark. The mark is also for the kernel: without it, it
                // wakes nobody.
                self.owner.futex_wait(Flags::empty(), state | WAITERS);
            }
        }
    }

    fn unlock(&self) {
        if self.owner.fetch_and(OWNER_DIED, Release) & WAITERS != 0 {
            self.owner.futex_wake(Flags::empty(), 1);
        }
    }
}

fn main() -> ExitCode {
    drive(RobustLock::new, RobustLock::lock, RobustLock::unlock)
}
