//! Mistake: a member looks at the state again and again, until it changes or the deadline has passed.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

use barriers::broken_barrier::{Meeting, Member, drive};
use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::{ForkResult, fork};
use rustix::thread::futex::{self, Flags};

/// In shared memory, as zeros.
struct Barrier {
    arrived: AtomicU32,
    /// The number of the round, times two, and `BROKEN`. One word for both, so that a round is either completed or broken, and
    /// so that each of these changes the word that the others sleep on.
    state: AtomicU32,
}

const BROKEN: u32 = 1;

fn meet(meeting: &Meeting) -> nix::Result<()> {
    let barrier = Barrier::share()?;
    for member in meeting.members() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        if let ForkResult::Child = unsafe { fork() }? {
            attend(meeting, member, barrier);
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(0) }
        }
    }
    for _ in meeting.members() {
        if !matches!(wait()?, WaitStatus::Exited(_, 0)) {
            barrier.state.fetch_or(BROKEN, SeqCst);
            wake_all(&barrier.state);
        }
    }
    Ok(())
}

fn attend(meeting: &Meeting, member: &Member, barrier: &Barrier) {
    let all = u32::try_from(meeting.members().len()).unwrap_or(u32::MAX);
    for round in 1..=meeting.rounds() {
        member.work(round);
        if !barrier.pass(all, member.deadline()) {
            return member.give_up(round);
        }
        member.pass(round);
    }
}

impl Barrier {
    /// Waits for the others, and says whether all have come.
    fn pass(&self, all: u32, deadline: Option<Duration>) -> bool {
        let begin = Instant::now();
        let round = self.state.load(SeqCst);
        if round & BROKEN != 0 {
            return false;
        }
        if self.arrived.fetch_add(1, SeqCst) + 1 == all {
            self.arrived.store(0, SeqCst);
            let completed = self
                .state
                .compare_exchange(round, round + 2, SeqCst, SeqCst);
            wake_all(&self.state);
            return completed.is_ok();
        }
        loop {
            let left = deadline.map(|deadline| deadline.saturating_sub(begin.elapsed()));
            if left == Some(Duration::ZERO) {
                let _ = self
                    .state
                    .compare_exchange(round, round | BROKEN, SeqCst, SeqCst);
                wake_all(&self.state);
            }
            match self.state.load(SeqCst) {
                state if state >> 1 != round >> 1 => return true,
                state if state & BROKEN != 0 => return false,
                _ => {}
            }
            std::hint::spin_loop();
        }
    }

    fn share() -> nix::Result<&'static Self> {
        let length = NonZeroUsize::new(size_of::<Self>()).ok_or(Errno::EINVAL)?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
        let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
        // SAFETY: the mapping is page-aligned, never unmapped, and its zeros are valid atomics.
        Ok(unsafe { memory.cast().as_ref() })
    }
}

fn wake_all(word: &AtomicU32) {
    let _ = futex::wake(word, Flags::empty(), i32::MAX.cast_unsigned());
}

fn main() -> ExitCode {
    drive(meet)
}
