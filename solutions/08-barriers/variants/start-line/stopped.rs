//! Variant: a player that is ready stops itself, and the parent lets all of them go on when the last one stands still.

use std::process::ExitCode;

use barriers::start_line::{Player, drive};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn race(players: &[Player]) -> nix::Result<()> {
    let mut children = Vec::new();
    for player in players {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                player.get_ready();
                if raise(Signal::SIGSTOP).is_ok() {
                    player.go();
                }
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(0) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    for child in &children {
        match waitpid(*child, Some(WaitPidFlag::WUNTRACED))? {
            WaitStatus::Stopped(..) => {}
            _ => return Err(Errno::ECANCELED),
        }
    }
    for child in &children {
        kill(*child, Signal::SIGCONT)?;
    }
    for child in children {
        waitpid(child, None)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(race)
}
