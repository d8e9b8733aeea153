//! Variant: one pipe for all processes, whose records say whose they are.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::thread;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe};
use threads_and_actors::threads_vs_processes::{Outcome, Part, drive};

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
    let (source, sink) = pipe()?;
    let mut pids = Vec::new();
    for part in parts {
        // SAFETY: the process has one thread now, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop(source);
                let code = work(part, pids.len() as u64, sink);
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { child } => pids.push(child),
        }
    }
    drop(sink);
    let mut bytes = Vec::new();
    File::from(source).read_to_end(&mut bytes)?;
    let mut outcomes: Vec<Outcome> = pids.iter().map(|_| Outcome::Crashed).collect();
    // Less than PIPE_BUF: each was written as a whole.
    for record in bytes.as_chunks::<8>().0.chunks_exact(2) {
        let [place, count] = [record[0], record[1]].map(u64::from_ne_bytes);
        outcomes[place as usize] = Outcome::Counted(count);
    }
    for (pid, outcome) in pids.into_iter().zip(&mut outcomes) {
        if waitpid(pid, None)? != WaitStatus::Exited(pid, 0) {
            *outcome = Outcome::Crashed;
        }
    }
    Ok(outcomes)
}

fn work(part: &Part, place: u64, sink: OwnedFd) -> i32 {
    let Ok(count) = catch_unwind(|| part.count()) else {
        return 101;
    };
    let record = [place.to_ne_bytes(), count.to_ne_bytes()].concat();
    i32::from(File::from(sink).write_all(&record).is_err())
}

fn main() -> ExitCode {
    drive(count_with_threads, count_with_processes)
}
