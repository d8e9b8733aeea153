//! Variant: a byte in a pipe is the lock. Who has taken it out is inside, and puts it back.

use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe, read, write};
use shared_memory::racy_counter::{Tally, Worker, drive};

fn count_without_lock(tally: &Tally) -> nix::Result<()> {
    in_workers(tally, |worker| {
        add_one(worker);
        Ok(())
    })
}

fn count_with_lock(tally: &Tally) -> nix::Result<()> {
    let (take, give) = pipe()?;
    write(&give, b"t")?;
    in_workers(tally, |worker| {
        let mut token = [0];
        read(&take, &mut token)?;
        add_one(worker);
        write(&give, &token).map(drop)
    })
}

/// Two steps, between which others can run.
fn add_one(worker: &Worker) {
    let value = worker.load();
    worker.store(value + 1);
}

/// Forks the workers, lets each of them do this in each round, and reaps them.
fn in_workers(tally: &Tally, round: impl Fn(&Worker) -> nix::Result<()>) -> nix::Result<()> {
    let mut children = Vec::new();
    for index in 0..tally.workers() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let worker = tally.begin(index);
                let result = (0..tally.rounds()).try_for_each(|_| round(&worker));
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(i32::from(result.is_err())) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    let mut all_well = true;
    for child in children {
        all_well &= waitpid(child, None)? == WaitStatus::Exited(child, 0);
    }
    if all_well {
        Ok(())
    } else {
        Err(Errno::ECANCELED)
    }
}

fn main() -> ExitCode {
    drive(count_without_lock, count_with_lock)
}
