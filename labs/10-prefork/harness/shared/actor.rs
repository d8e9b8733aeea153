//! An actor: a process on the stage, and the two pipes by which the driver hears it and gives it leave.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::signal::{self, Signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe2, read, write};

use super::gate;
use super::operation::{Action, Leave, MESSAGE, Operation};
use super::robust;

/// What a process does in each play.
pub type Task = Box<dyn Fn()>;

/// What a process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It waits for leave to do this.
    AtGate(Operation),
    /// It sleeps in futex(2) on the word with this address.
    Asleep(usize),
    /// It sleeps there by a private futex: no other process can wake it.
    AsleepForEver,
    /// It has finished.
    Finished,
    /// It has been killed by the driver.
    Killed,
}

/// A process on the stage, as the driver sees it.
#[derive(Debug)]
pub(super) struct Actor {
    pid: Pid,
    gives_leave: OwnedFd,
    hears: OwnedFd,
    /// What it has said and was not looked at yet.
    heard: VecDeque<[u8; MESSAGE]>,
    pub(super) status: Status,
    /// How many operations it has done in this play.
    pub(super) operations: usize,
}

/// What one hears from a process.
pub(super) enum Said<T> {
    Message(T),
    /// It has ended, and this is how.
    NothingMore(WaitStatus),
}

impl Actor {
    /// Forks a process that does its task again and again, each time when it is let.
    pub(super) fn fork(index: usize, task: &Task, siblings: &[Self]) -> io::Result<Self> {
        let (hears, says) = pipe2(OFlag::O_CLOEXEC)?;
        let (takes_leave, gives_leave) = pipe2(OFlag::O_CLOEXEC)?;
        // SAFETY: the driver has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop((hears, gives_leave));
                for sibling in siblings {
                    // Otherwise this process would keep its sibling's gate open after the driver's end.
                    // SAFETY: the child never uses these descriptors, and it leaves by `_exit`, without dropping them.
                    unsafe { libc::close(sibling.gives_leave.as_raw_fd()) };
                }
                gate::sit_down(u32::try_from(index).unwrap_or(0), says, takes_leave);
                gate::begin();
                loop {
                    task();
                    gate::end();
                }
            }
            ForkResult::Parent { child } => Ok(Self {
                pid: child,
                gives_leave,
                hears,
                heard: VecDeque::new(),
                status: Status::Finished,
                operations: 0,
            }),
        }
    }

    /// Its number, as a robust word has it.
    pub(super) fn tid(&self) -> u32 {
        self.pid.as_raw().cast_unsigned() & robust::TID_MASK
    }

    /// Lets it go on.
    pub(super) fn give_leave(&mut self, leave: Leave) -> nix::Result<Said<()>> {
        match write(&self.gives_leave, &leave.to_message()) {
            Ok(_) => Ok(Said::Message(())),
            // Rust programs ignore SIGPIPE, so that is how one learns that it has gone.
            Err(Errno::EPIPE) => self.reap().map(Said::NothingMore),
            Err(error) => Err(error),
        }
    }

    /// Waits for what it says next: what it is about to do.
    pub(super) fn hear(&mut self) -> nix::Result<Said<Operation>> {
        while self.heard.is_empty() {
            let mut messages = [0; 64 * MESSAGE];
            let length = match read(&self.hears, &mut messages) {
                Err(Errno::EINTR) => continue,
                other => other?,
            };
            if length == 0 {
                return self.reap().map(Said::NothingMore);
            }
            // Messages are written whole, and only whole ones fit into what is read at once.
            let (whole, _) = messages[..length].as_chunks();
            self.heard.extend(whole);
        }
        let message = self.heard.pop_front();
        let operation = message
            .as_ref()
            .and_then(Operation::from_message)
            .ok_or(Errno::EBADMSG)?;
        self.status = match operation.action {
            Action::End => Status::Finished,
            _ => Status::AtGate(operation),
        };
        Ok(Said::Message(operation))
    }

    /// Whether it has said something that was not heard yet.
    pub(super) fn has_spoken(&self) -> io::Result<bool> {
        Ok(!self.heard.is_empty() || rustix::io::ioctl_fionread(&self.hears)? > 0)
    }

    /// Kills it and waits for its end.
    pub(super) fn kill(&mut self) -> nix::Result<()> {
        signal::kill(self.pid, Signal::SIGKILL)?;
        self.reap().map(drop)
    }

    /// Ends it: who waits for leave to begin goes by itself, everybody else is killed.
    pub(super) fn end(self) -> io::Result<()> {
        let Self {
            pid,
            gives_leave,
            status,
            ..
        } = self;
        drop(gives_leave);
        match status {
            Status::Killed => return Ok(()),
            Status::Finished => {}
            // It may have gone already, because nobody gives it leave any more.
            _ => drop(signal::kill(pid, Signal::SIGKILL)),
        }
        reap(pid)?;
        Ok(())
    }

    fn reap(&mut self) -> nix::Result<WaitStatus> {
        self.status = Status::Killed;
        reap(self.pid)
    }
}

fn reap(pid: Pid) -> nix::Result<WaitStatus> {
    loop {
        match waitpid(pid, None) {
            Err(Errno::EINTR) => {}
            other => return other,
        }
    }
}
