//! Mistake: the child leaves its count in a variable of the program, where the parent looks for it. The child has changed its
//! own copy.

use std::io;
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use threads_and_actors::threads_vs_processes::{Outcome, Part, drive};

static COUNTS: [AtomicU64; 16] = [const { AtomicU64::new(0) }; 16];

fn count_with_threads(parts: &[Part]) -> io::Result<Vec<Outcome>> {
    let mut threads = Vec::new();
    for &part in parts {
        threads.push(thread::Builder::new().spawn(move || part.count())?);
    }
    // `join` hands over the very value that the thread has returned: there is one memory. After a panic it returns an error,
    // and whoever unwraps that panics too.
    let join = |thread: thread::JoinHandle<u64>| match thread.join() {
        Ok(count) => Outcome::Counted(count),
        Err(_) => Outcome::Crashed,
    };
    Ok(threads.into_iter().map(join).collect())
}

fn count_with_processes(parts: &[Part]) -> io::Result<Vec<Outcome>> {
    let mut workers = Vec::new();
    for (part, count) in parts.iter().zip(&COUNTS) {
        // SAFETY: the process has one thread now, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let code = work(part, count);
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { child } => workers.push((child, count)),
        }
    }
    // All of them, whatever became of the others: no outcome is lost and no child is left.
    let outcomes: Vec<io::Result<Outcome>> = workers.into_iter().map(collect).collect();
    outcomes.into_iter().collect()
}

/// What a child does. It returns the exit code.
fn work(part: &Part, place: &AtomicU64) -> i32 {
    // A panic that left this function would unwind through the frames that the child has inherited from its parent.
    let Ok(count) = catch_unwind(|| part.count()) else {
        return 101;
    };
    place.store(count, Ordering::SeqCst);
    0
}

/// What a worker has counted, if it ended well. Reaped in any case.
fn collect((worker, count): (Pid, &AtomicU64)) -> io::Result<Outcome> {
    Ok(match waitpid(worker, None)? {
        WaitStatus::Exited(_, 0) => Outcome::Counted(count.load(Ordering::SeqCst)),
        _ => Outcome::Crashed,
    })
}

fn main() -> ExitCode {
    drive(count_with_threads, count_with_processes)
}
