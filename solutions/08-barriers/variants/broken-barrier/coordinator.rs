//! Variant: the parent is the barrier. Each member has a pair of sockets to it, says when it has come and waits for an answer;
//! a dead one is seen at the end of file, and the deadline is that of `poll`.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::Instant;

use barriers::broken_barrier::{Meeting, Member, drive};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, send, socketpair};
use nix::sys::wait::wait;
use nix::unistd::{ForkResult, fork, read};

const GO: u8 = b'g';
const BROKEN: u8 = b'b';

fn meet(meeting: &Meeting) -> nix::Result<()> {
    let mut ends: Vec<OwnedFd> = Vec::new();
    for member in meeting.members() {
        let (own, theirs) = socketpair(
            AddressFamily::Unix,
            SockType::Stream,
            None,
            SockFlag::SOCK_CLOEXEC,
        )?;
        // SAFETY: the program has one thread, so the child may run ordinary code.
        if let ForkResult::Child = unsafe { fork() }? {
            // The parent's ends of all members, which would hide its end from them.
            drop(own);
            ends.clear();
            attend(meeting, member, &theirs);
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(0) }
        }
        ends.push(own);
    }
    let answer = (1..=meeting.rounds()).try_for_each(|_| hold_round(meeting.members(), &ends));
    if answer.is_err() {
        say(&ends, BROKEN);
    }
    for _ in meeting.members() {
        wait()?;
    }
    Ok(())
}

fn attend(meeting: &Meeting, member: &Member, coordinator: &OwnedFd) {
    for round in 1..=meeting.rounds() {
        member.work(round);
        let mut answer = [BROKEN];
        let come = send(coordinator.as_raw_fd(), b"c", MsgFlags::MSG_NOSIGNAL);
        if come.is_err() || read(coordinator, &mut answer) != Ok(1) || answer[0] != GO {
            return member.give_up(round);
        }
        member.pass(round);
    }
}

/// Waits until all have come, and lets them go on; fails if one of them has gone or is late.
fn hold_round(members: &[Member], ends: &[OwnedFd]) -> nix::Result<()> {
    let mut missing: Vec<(&Member, &OwnedFd)> = members.iter().zip(ends).collect();
    // When the first of those who have come will not wait any longer.
    let mut deadline: Option<Instant> = None;
    while !missing.is_empty() {
        let left = match deadline {
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                PollTimeout::try_from(left.as_millis() + 1).map_err(|_| Errno::EINVAL)?
            }
            None => PollTimeout::NONE,
        };
        let mut polled: Vec<PollFd<'_>> = missing
            .iter()
            .map(|(_, end)| PollFd::new(end.as_fd(), PollFlags::POLLIN))
            .collect();
        match poll(&mut polled, left) {
            Ok(0) => return Err(Errno::ETIMEDOUT),
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            Err(error) => return Err(error),
        }
        let ready: Vec<bool> = polled.iter().map(|it| it.any() == Some(true)).collect();
        let mut still_missing = Vec::new();
        for ((member, end), is_ready) in missing.into_iter().zip(ready) {
            if !is_ready {
                still_missing.push((member, end));
            } else if read(end, &mut [0])? == 0 {
                return Err(Errno::EPIPE);
            } else {
                let own = member.deadline().map(|span| Instant::now() + span);
                deadline = deadline.into_iter().chain(own).min();
            }
        }
        missing = still_missing;
    }
    say(ends, GO);
    Ok(())
}

/// Says something to all who are left.
fn say(ends: &[OwnedFd], word: u8) {
    for end in ends {
        let _ = send(end.as_raw_fd(), &[word], MsgFlags::MSG_NOSIGNAL);
    }
}

fn main() -> ExitCode {
    drive(meet)
}
