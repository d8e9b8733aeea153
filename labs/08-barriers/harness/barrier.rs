//! The barrier that is given to `phases`: that of the C library, and a driver that lets one process leave late.
//!
//! A barrier promises only that nobody goes on before all have come. Who goes on first, and how far, is open: so here one process
//! after the other is kept at the exit, until all others have come as far as they can without it. A program that
//! relies on more than the promise computes something else then, every time.

use std::fs;
use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::unistd::getpid;

/// The most processes.
pub(crate) const MOST: usize = 8;

/// Between two looks at the others.
const PAUSE: Duration = Duration::from_millis(1);

/// Long enough for the others to come to the barrier again, or to their end. Who is waited for in another way may be waited for
/// in vain, and goes on then.
const PATIENCE: Duration = Duration::from_secs(3);

/// A barrier for a number of processes, in memory that all of them share.
pub struct Barrier {
    state: &'static State,
    members: usize,
}

#[repr(C)]
struct State {
    barrier: std::cell::UnsafeCell<libc::pthread_barrier_t>,
    /// How often somebody has come, in all rounds together.
    arrivals: AtomicUsize,
    /// The processes in the order in which they came for the first time, and how often each has come.
    pids: [AtomicI32; MOST],
    rounds: [AtomicUsize; MOST],
}

// SAFETY: the C library's barrier is made for several processes, and the rest consists of atomics.
unsafe impl Sync for State {}

impl std::fmt::Debug for Barrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Barrier for {} processes", self.members)
    }
}

impl Barrier {
    /// A barrier in new memory, which every process has that is forked from now on.
    pub(crate) fn new(members: usize) -> nix::Result<Self> {
        let count = u32::try_from(members).map_err(|_| Errno::E2BIG)?;
        let length = NonZeroUsize::new(size_of::<State>()).ok_or(Errno::EINVAL)?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
        let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
        // SAFETY: the mapping is page-aligned, large enough, never unmapped, and zeros are valid atomics; the C library's
        // barrier is only reached through its functions, which initialize it first.
        let state: &'static State = unsafe { memory.cast::<State>().as_ref() };
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the attributes are initialized before they are used.
        let errors = unsafe {
            [
                libc::pthread_barrierattr_init(attributes.as_mut_ptr()),
                libc::pthread_barrierattr_setpshared(
                    attributes.as_mut_ptr(),
                    libc::PTHREAD_PROCESS_SHARED,
                ),
                libc::pthread_barrier_init(state.barrier.get(), attributes.as_ptr(), count),
            ]
        };
        match errors.into_iter().find(|error| *error != 0) {
            None => Ok(Self { state, members }),
            Some(error) => Err(Errno::from_raw(error)),
        }
    }

    /// Waits until as many processes have come as the barrier is for.
    pub fn wait(&self) {
        let place = self.place_of_caller();
        let round = place.map_or(0, |place| {
            self.state.rounds[place].fetch_add(1, Ordering::Relaxed)
        });
        self.state.arrivals.fetch_add(1, Ordering::SeqCst);
        // SAFETY: the barrier is initialized and never destroyed.
        unsafe { libc::pthread_barrier_wait(self.state.barrier.get()) };
        if place == Some(round % self.members) {
            self.let_the_others_go_first(round);
        }
    }

    /// How often processes have come, all together.
    pub(crate) fn arrivals(&self) -> usize {
        self.state.arrivals.load(Ordering::SeqCst)
    }

    /// The place of the calling process among those that have come.
    fn place_of_caller(&self) -> Option<usize> {
        let own = getpid().as_raw();
        let pids = self.state.pids.iter().take(self.members);
        pids.enumerate()
            .find(|(_, pid)| {
                let was = pid.compare_exchange(0, own, Ordering::Relaxed, Ordering::Relaxed);
                was.is_ok() || was == Err(own)
            })
            .map(|(place, _)| place)
    }

    /// Keeps the caller until every other process has come to the barrier again, or has ended.
    fn let_the_others_go_first(&self, round: usize) {
        let begin = Instant::now();
        let own = getpid().as_raw();
        let has_come = |place: usize| {
            let pid = self.state.pids[place].load(Ordering::Relaxed);
            pid == own
                || self.state.rounds[place].load(Ordering::SeqCst) > round + 1
                || has_ended(pid)
        };
        while !(0..self.members).all(has_come) && begin.elapsed() < PATIENCE {
            std::thread::sleep(PAUSE);
        }
    }
}

/// Whether a process has ended, whether or not its parent knows it.
pub(crate) fn has_ended(pid: i32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return true;
    };
    // The name, in parentheses, can hold anything; the state is behind it.
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest);
    state.is_some_and(|state| state.starts_with(['Z', 'X']))
}
