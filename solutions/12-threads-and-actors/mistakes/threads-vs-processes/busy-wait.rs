//! Mistake: before each thread is joined, and each child waited for, the program asks again and again whether it has ended.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::thread;

use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe};
use threads_and_actors::threads_vs_processes::{Outcome, Part, drive};

fn count_with_threads(parts: &[Part]) -> io::Result<Vec<Outcome>> {
    let mut threads = Vec::new();
    for &part in parts {
        threads.push(thread::Builder::new().spawn(move || part.count())?);
    }
    // `join` hands over the very value that the thread has returned: there is one memory. After a panic it returns an error,
    // and whoever unwraps that panics too.
    let join = |thread: thread::JoinHandle<u64>| {
        while !thread.is_finished() {}
        match thread.join() {
            Ok(count) => Outcome::Counted(count),
            Err(_) => Outcome::Crashed,
        }
    };
    Ok(threads.into_iter().map(join).collect())
}

fn count_with_processes(parts: &[Part]) -> io::Result<Vec<Outcome>> {
    let mut workers = Vec::new();
    for part in parts {
        let (source, sink) = pipe()?;
        // SAFETY: the process has one thread now, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop(source); // the child only writes
                let code = work(part, sink);
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            // The write end is dropped here: of this pipe the next child inherits the read end only.
            ForkResult::Parent { child } => workers.push((child, source)),
        }
    }
    // All of them, whatever became of the others: no outcome is lost and no child is left.
    let outcomes: Vec<io::Result<Outcome>> = workers.into_iter().map(collect).collect();
    outcomes.into_iter().collect()
}

/// What a child does. It returns the exit code.
fn work(part: &Part, sink: OwnedFd) -> i32 {
    // A panic that left this function would unwind through the frames that the child has inherited from its parent.
    let Ok(count) = catch_unwind(|| part.count()) else {
        return 101;
    };
    i32::from(File::from(sink).write_all(&count.to_ne_bytes()).is_err())
}

/// What a worker has sent, if it ended well. Reaped in any case.
fn collect((worker, source): (Pid, OwnedFd)) -> io::Result<Outcome> {
    let status = loop {
        match waitpid(worker, Some(WaitPidFlag::WNOHANG))? {
            WaitStatus::StillAlive => {}
            status => break status,
        }
    };
    let mut bytes = Vec::new();
    let read = File::from(source).read_to_end(&mut bytes);
    read?;
    Ok(match (status, bytes.try_into()) {
        (WaitStatus::Exited(_, 0), Ok(bytes)) => Outcome::Counted(u64::from_ne_bytes(bytes)),
        _ => Outcome::Crashed,
    })
}

fn main() -> ExitCode {
    drive(count_with_threads, count_with_processes)
}
