//! The peer: a child of the driver at the far end of the stream, which dribbles, reads slowly and interrupts.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, getpid, read, write};

use super::{MAX_LENGTH, fresh_seed, message};
use crate::program::say;
use crate::shared::{Shareable, share};

/// How many reads of the process under test are interrupted: those of a few headers, and some more.
const INTERRUPTED_READS: usize = 24;

/// How long the peer waits before it looks again. A shorter or longer pause changes the speed only.
const PAUSE_MS: u8 = 1;

/// Whether the peer sends signals, and what they do to a call that they find waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interruptions {
    /// No signals.
    None,
    /// The handler has `SA_RESTART`: a call that has moved no bytes yet begins anew.
    Restart,
    /// The handler does not: such a call ends with `EINTR`.
    Interrupt,
}

/// What both processes know.
struct Board {
    seed: AtomicU64,
    /// Signals that the handler has seen.
    handled: AtomicU64,
    /// Bytes that the peer has received.
    received: AtomicU64,
}

// SAFETY: a board consists of atomics, for which zeros are valid.
unsafe impl Shareable for Board {}

static BOARD: OnceLock<&'static Board> = OnceLock::new();

extern "C" fn count_signal(_: i32) {
    // An atomic addition is async-signal-safe, and so is reading a cell that was filled before the
    // handler was installed.
    if let Some(board) = BOARD.get() {
        board.handled.fetch_add(1, Ordering::Release);
    }
}

/// The peer, seen from the process under test. It is reaped when this value goes away.
pub(super) struct Peer {
    pid: Pid,
    board: &'static Board,
}

impl Peer {
    /// Forks a peer that does its work with the far end. Returns it with the near end.
    ///
    /// The near end is closed in the peer and the far end here: otherwise neither would see the other hang up.
    pub(super) fn start(
        interruptions: Interruptions,
        near: OwnedFd,
        far: OwnedFd,
        work: impl FnOnce(FarSide, OwnedFd) -> nix::Result<()>,
    ) -> io::Result<(Self, OwnedFd)> {
        let board = share::<Board>()?;
        board.seed.store(fresh_seed(), Ordering::Relaxed);
        let board = *BOARD.get_or_init(|| board);
        if interruptions != Interruptions::None {
            let flags = match interruptions {
                Interruptions::Restart => SaFlags::SA_RESTART,
                _ => SaFlags::empty(),
            };
            let action = SigAction::new(SigHandler::Handler(count_signal), flags, SigSet::empty());
            // SAFETY: the handler calls async-signal-safe functions only.
            unsafe { sigaction(Signal::SIGUSR1, &action) }?;
        }
        let subject = getpid();
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop(near);
                let side = FarSide {
                    subject,
                    board,
                    interruptions,
                };
                let code = i32::from(work(side, far).is_err());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { child } => {
                drop(far);
                Ok((Self { pid: child, board }, near))
            }
        }
    }

    /// The seed of the messages of this run.
    pub(super) fn seed(&self) -> u64 {
        self.board.seed.load(Ordering::Relaxed)
    }

    /// Waits for the peer's end and returns how many bytes it has received. The stream has to be closed
    /// on this side.
    pub(super) fn join(self) -> u64 {
        let board = self.board;
        drop(self);
        board.received.load(Ordering::Relaxed)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        while waitpid(self.pid, None) == Err(Errno::EINTR) {}
    }
}

/// What the process under test is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// It sleeps, and as it has one thread and one stream: in a call on that stream.
    Sleeps,
    /// It has closed its end.
    HungUp,
}

/// The peer, seen from within.
pub(super) struct FarSide {
    subject: Pid,
    board: &'static Board,
    interruptions: Interruptions,
}

impl FarSide {
    /// Sends the messages byte by byte, with a signal before each of the first bytes.
    pub(super) fn write_frames(&self, stream: &OwnedFd, sizes: &[usize]) -> nix::Result<()> {
        let seed = self.board.seed.load(Ordering::Relaxed);
        let messages = sizes.iter().enumerate();
        let bytes = messages.flat_map(|(index, &size)| super::frame(&message(seed, index, size)));
        for (position, byte) in bytes.enumerate() {
            if self.interruptions != Interruptions::None && position < INTERRUPTED_READS {
                // The pipe is empty here, so a reader that sleeps has read nothing yet.
                if self.wait_for(stream)? == Subject::HungUp {
                    return Ok(());
                }
                self.interrupt(stream)?;
                if self.wait_for(stream)? == Subject::HungUp {
                    return Ok(());
                }
            }
            write(stream, &[byte])?;
        }
        Ok(())
    }

    /// Reads the messages and says what came, with signals whenever the sender waits for room.
    pub(super) fn read_frames(&self, stream: &OwnedFd, sizes: &[usize]) -> nix::Result<()> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 30_000];
        loop {
            while self.wait_for(stream)? == Subject::Sleeps {
                // The pipe is full. This signal ends a write that has filled it: a short write.
                self.interrupt(stream)?;
                if self.interruptions == Interruptions::Interrupt
                    && self.wait_for(stream)? == Subject::Sleeps
                {
                    // And this one ends a write that found it full: EINTR.
                    self.interrupt(stream)?;
                }
                if self.wait_for(stream)? == Subject::Sleeps {
                    let count = read(stream, &mut buffer)?;
                    bytes.extend_from_slice(&buffer[..count]);
                }
            }
            match read(stream, &mut buffer)? {
                0 => break,
                count => bytes.extend_from_slice(&buffer[..count]),
            }
        }
        self.board
            .received
            .store(bytes.len() as u64, Ordering::Relaxed);
        self.judge(&bytes, sizes);
        Ok(())
    }

    fn judge(&self, mut bytes: &[u8], sizes: &[usize]) {
        let seed = self.board.seed.load(Ordering::Relaxed);
        for (index, &size) in sizes.iter().enumerate() {
            let number = index + 1;
            let Some((header, rest)) = bytes.split_first_chunk::<4>() else {
                say(&format!("message {number}: the stream ends before it"));
                return;
            };
            let announced = u32::from_be_bytes(*header) as usize;
            if announced > MAX_LENGTH {
                say(&format!(
                    "message {number}: announced as longer than a message may be"
                ));
                return;
            }
            if rest.len() < announced {
                let came = rest.len();
                say(&format!(
                    "message {number}: {came} of {announced} bytes came"
                ));
                return;
            }
            let (body, rest) = rest.split_at(announced);
            let intact = body == message(seed, index, size);
            let state = if intact { "intact" } else { "damaged" };
            say(&format!("message {number}: {announced} bytes, {state}"));
            bytes = rest;
        }
        match bytes.len() {
            0 => say("end of the stream"),
            left => say(&format!("{left} bytes more than were to be sent")),
        }
    }

    /// Sends the signal and waits until the handler has run: whatever the process under test sleeps in
    /// afterwards, it is another call or another attempt.
    fn interrupt(&self, stream: &OwnedFd) -> nix::Result<()> {
        let before = self.board.handled.load(Ordering::Acquire);
        kill(self.subject, Signal::SIGUSR1)?;
        while self.board.handled.load(Ordering::Acquire) == before && self.look(stream)?.is_none() {
            // `look` paused.
        }
        Ok(())
    }

    /// Waits until the process under test sleeps or has hung up.
    fn wait_for(&self, stream: &OwnedFd) -> nix::Result<Subject> {
        loop {
            if let Some(Subject::HungUp) = self.look(stream)? {
                return Ok(Subject::HungUp);
            }
            if sleeps(self.subject)? {
                return Ok(Subject::Sleeps);
            }
        }
    }

    /// Pauses, unless the process under test has hung up or does so during the pause.
    fn look(&self, stream: &OwnedFd) -> nix::Result<Option<Subject>> {
        let mut streams = [PollFd::new(stream.as_fd(), PollFlags::empty())];
        poll(&mut streams, PAUSE_MS)?;
        let gone = PollFlags::POLLERR | PollFlags::POLLHUP;
        let hung_up = streams[0]
            .revents()
            .is_some_and(|events| events.intersects(gone));
        Ok(hung_up.then_some(Subject::HungUp))
    }
}

/// Whether the kernel reports the state `S`: see `proc_pid_stat(5)`.
fn sleeps(process: Pid) -> nix::Result<bool> {
    let stat =
        std::fs::read_to_string(format!("/proc/{process}/stat")).map_err(|_| Errno::ESRCH)?;
    // The name before the state is in parentheses and may itself contain any character.
    let state = stat
        .rsplit(')')
        .next()
        .and_then(|rest| rest.split_whitespace().next());
    Ok(state == Some("S"))
}
