//! Mistake: who is ready goes, whether the others are ready or not.

use std::process::ExitCode;

use barriers::start_line::{Player, drive};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

fn race(players: &[Player]) -> nix::Result<()> {
    let mut children = Vec::new();
    for player in players {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                player.get_ready();
                player.go();
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(0) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    for child in children {
        waitpid(child, None)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(race)
}
