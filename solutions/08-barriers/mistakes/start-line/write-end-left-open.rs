//! Mistake: the start is the end of file, and each player holds the write end itself: it never comes.

use std::process::ExitCode;

use barriers::start_line::{Player, drive};
use nix::fcntl::OFlag;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, pipe2, read, write};

fn race(players: &[Player]) -> nix::Result<()> {
    let (ready_source, ready_sink) = pipe2(OFlag::O_CLOEXEC)?;
    let (start_source, start_sink) = pipe2(OFlag::O_CLOEXEC)?;
    let mut children = Vec::new();
    for player in players {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                player.get_ready();
                write(&ready_sink, b"r")?;
                read(&start_source, &mut [0])?;
                player.go();
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(0) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    drop(ready_sink);
    drop(start_source);
    let mut count = 0;
    while count < players.len() {
        count += read(&ready_source, &mut [0; 64])?;
    }
    // The end of file is the start.
    drop(start_sink);
    for child in children {
        waitpid(child, None)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(race)
}
