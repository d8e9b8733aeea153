//! Mistake: the parent sees that all players have gone from the field, and waits for none of them.

use std::process::ExitCode;

use barriers::start_line::{Player, drive};
use nix::fcntl::OFlag;
use nix::unistd::{ForkResult, fork, pipe2, read, write};

fn race(players: &[Player]) -> nix::Result<()> {
    let (ready_source, ready_sink) = pipe2(OFlag::O_CLOEXEC)?;
    let (start_source, start_sink) = pipe2(OFlag::O_CLOEXEC)?;
    for player in players {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop(start_sink);
                player.get_ready();
                write(&ready_sink, b"r")?;
                read(&start_source, &mut [0])?;
                player.go();
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(0) }
            }
            ForkResult::Parent { .. } => {}
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
    // The last player closes the last write end when it ends.
    while read(&ready_source, &mut [0; 64])? > 0 {}
    Ok(())
}

fn main() -> ExitCode {
    drive(race)
}
