//! Mistake: nobody competes. The children do nothing, and the shares are those that the weights promise.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use scheduling::nice_shares::{Contest, Share, drive};
use scheduling::weights::weight_of;

fn compete(_: Contest, steps: &[i32]) -> io::Result<Vec<Share>> {
    let mut shares = Vec::new();
    for step in steps {
        // SAFETY: the program has one thread, and the child calls `_exit` only.
        match unsafe { fork() }? {
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            ForkResult::Child => unsafe { nix::libc::_exit(0) },
            ForkResult::Parent { child } => waitpid(child, None)?,
        };
        let nice = (*step).max(0);
        let cpu = Duration::from_micros(weight_of(nice) * 100);
        shares.push(Share { nice, cpu });
    }
    Ok(shares)
}

fn main() -> ExitCode {
    drive(compete)
}
