//! Mistake: the parent learns from a pipe that all workers have ended, and waits for none of them.

use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::{ForkResult, fork, pipe, read};
use shared_memory::racy_counter::{Tally, Worker, drive};

fn count_without_lock(tally: &Tally) -> nix::Result<()> {
    in_workers(tally, |worker| {
        add_one(worker);
        Ok(())
    })
}

fn count_with_lock(tally: &Tally) -> nix::Result<()> {
    let file = memfd_create(c"lock", MFdFlags::MFD_CLOEXEC)?;
    in_workers(tally, |worker| {
        set_lock(&file, libc::F_WRLCK)?;
        add_one(worker);
        set_lock(&file, libc::F_UNLCK)
    })
}

/// Two steps, between which others can run.
fn add_one(worker: &Worker) {
    let value = worker.load();
    worker.store(value + 1);
}

/// Takes or gives back a lock on the whole file, and sleeps while another process has it. Such a lock belongs to the
/// process, so the children need no file of their own; and the kernel takes it back when its owner dies.
fn set_lock(file: impl AsFd, kind: libc::c_int) -> nix::Result<()> {
    let whole = libc::flock {
        l_type: libc::c_short::try_from(kind).map_err(|_| Errno::EINVAL)?,
        l_whence: 0,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    };
    loop {
        match fcntl(&file, FcntlArg::F_SETLKW(&whole)) {
            Err(Errno::EINTR) => {} // a signal came: wait on
            result => return result.map(drop),
        }
    }
}

/// Forks the workers, lets each of them do this in each round, and reaps them.
fn in_workers(tally: &Tally, round: impl Fn(&Worker) -> nix::Result<()>) -> nix::Result<()> {
    let (done_source, done_sink) = pipe()?;
    for index in 0..tally.workers() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let worker = tally.begin(index);
                let result = (0..tally.rounds()).try_for_each(|_| round(&worker));
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { libc::_exit(i32::from(result.is_err())) }
            }
            ForkResult::Parent { .. } => {}
        }
    }
    drop(done_sink);
    // The end of file: every worker has closed its copy of the write end, by ending.
    read(&done_source, &mut [0])?;
    Ok(())
}

fn main() -> ExitCode {
    drive(count_without_lock, count_with_lock)
}
