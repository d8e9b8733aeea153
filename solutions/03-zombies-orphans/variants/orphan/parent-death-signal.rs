//! Variant: the kernel sends a signal when the parent has gone. If it had gone before that was asked for, no signal comes.

use std::process::ExitCode;

use nix::libc;
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, getpid, getppid};
use zombies_orphans::orphan::{Orphan, drive};

fn outlive(orphan: &Orphan) -> nix::Result<()> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let parent = getpid();
            // SAFETY: as above.
            let code = match unsafe { fork() } {
                Ok(ForkResult::Child) => i32::from(learn(orphan, parent).is_err()),
                Ok(ForkResult::Parent { .. }) => 0,
                Err(_) => 1,
            };
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { libc::_exit(code) }
        }
        ForkResult::Parent { child } => waitpid(child, None).map(drop),
    }
}

fn learn(orphan: &Orphan, parent: Pid) -> nix::Result<()> {
    // Blocked, so that it is kept for the wait.
    let death = SigSet::from(Signal::SIGUSR1);
    death.thread_block()?;
    prctl::set_pdeathsig(Signal::SIGUSR1)?;
    // From here on the signal comes. Whether the parent was there until now is another question.
    if getppid() == parent {
        death.wait()?;
    }
    orphan.adopted_by(getppid());
    Ok(())
}

fn main() -> ExitCode {
    drive(outlive)
}
