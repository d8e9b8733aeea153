//! Mistake: threads do the work both times.

use std::io;
use std::process::ExitCode;
use std::thread;

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
    count_with_threads(parts)
}

fn main() -> ExitCode {
    drive(count_with_threads, count_with_processes)
}
