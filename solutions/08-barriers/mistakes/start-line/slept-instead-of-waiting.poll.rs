//! Mistake: a player waits for the start for two seconds at most, and goes then.

use std::os::fd::AsFd as _;
use std::process::ExitCode;

use barriers::start_line::{Player, drive};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe2, read, write};

fn race(players: &[Player]) -> nix::Result<()> {
    // One pipe carries a byte from each player that is ready, the other one a byte for each player that may go.
    let (ready_source, ready_sink) = pipe2(OFlag::O_CLOEXEC)?;
    let (start_source, start_sink) = pipe2(OFlag::O_CLOEXEC)?;
    let mut children = Vec::new();
    for player in players {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                // A player that held the starter's end itself would not learn that the starter has gone.
                drop(start_sink);
                drop(ready_source);
                player.get_ready();
                let mut code = 1;
                let mut polled = [PollFd::new(start_source.as_fd(), PollFlags::POLLIN)];
                if write(&ready_sink, b"r") == Ok(1) && poll(&mut polled, 2000_u16).is_ok() {
                    player.go();
                    code = 0;
                }
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    // Without an end of its own, the parent sees the end of file if a player dies before it is ready.
    drop(ready_sink);
    drop(start_source);
    let all_are_ready = count_bytes(&ready_source, players.len())? == players.len();
    if all_are_ready {
        write(&start_sink, &vec![b's'; players.len()])?;
    }
    drop(start_sink);
    let mut all_went = all_are_ready;
    for child in children {
        all_went &= waitpid(child, None)? == WaitStatus::Exited(child, 0);
    }
    if all_went {
        Ok(())
    } else {
        Err(Errno::ECANCELED)
    }
}

/// Reads until so many bytes have come, or the end of file.
fn count_bytes(source: impl std::os::fd::AsFd, wanted: usize) -> nix::Result<usize> {
    let mut count = 0;
    while count < wanted {
        match read(&source, &mut [0; 64]) {
            Ok(0) => break,
            Ok(bytes) => count += bytes,
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

fn main() -> ExitCode {
    drive(race)
}
