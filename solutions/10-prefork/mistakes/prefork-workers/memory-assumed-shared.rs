//! Mistake: the counters are in a `Vec`, of which each worker has a copy.
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use prefork::prefork_workers::{Desk, drive};

fn prefork(desks: &mut [Desk]) -> nix::Result<Vec<u32>> {
    let mut counters = vec![0; desks.len()];
    let mut workers = Vec::new();
    for (desk, counter) in desks.iter_mut().zip(&mut counters) {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                while desk.serve() {
                    *counter += 1;
                }
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(0) }
            }
            ForkResult::Parent { child } => workers.push(child),
        }
    }
    for worker in workers {
        if waitpid(worker, None)? != WaitStatus::Exited(worker, 0) {
            return Err(Errno::ECANCELED);
        }
    }
    Ok(counters)
}

fn main() -> ExitCode {
    drive(prefork)
}
