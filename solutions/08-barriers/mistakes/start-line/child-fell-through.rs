//! Mistake: a player returns from the function after its start, and goes on where only the parent should.

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
                drop(start_sink);
                player.get_ready();
                write(&ready_sink, b"r")?;
                read(&start_source, &mut [0])?;
                player.go();
                return Ok(());
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
