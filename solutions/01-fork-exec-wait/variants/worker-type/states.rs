//! Variant: the life of a worker as an enum, so that a question about a pid that is not ours any more cannot be written.

use std::io;
use std::process::ExitCode;

use fork_exec_wait::program::say;
use fork_exec_wait::worker_type::{Work, WorkerType, drive};
use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, Pid, fork};

struct Worker {
    name: String,
    work: Work,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    New,
    Running(Pid),
    Reaped(i32),
}

impl Worker {
    fn update(&mut self, how: WaitPidFlag) -> io::Result<State> {
        if let State::Running(pid) = self.state {
            match waitid(Id::Pid(pid), WaitPidFlag::WEXITED | how) {
                Ok(WaitStatus::Exited(_, code)) => self.state = State::Reaped(code),
                Ok(WaitStatus::Signaled(_, signal, _)) => {
                    self.state = State::Reaped(-(signal as i32));
                }
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.state)
    }

    fn run(&self) -> i32 {
        say(&format!("{} begins", self.name));
        let code = self.work.run();
        say(&format!("{} ends", self.name));
        code
    }
}

impl WorkerType for Worker {
    fn new(name: &str, work: Work) -> Self {
        let name = name.to_owned();
        let state = State::New;
        Self { name, work, state }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn start(&mut self) -> io::Result<()> {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        self.state = match unsafe { fork() }? {
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            ForkResult::Child => unsafe { nix::libc::_exit(self.run()) },
            ForkResult::Parent { child } => State::Running(child),
        };
        Ok(())
    }

    fn pid(&self) -> Option<Pid> {
        match self.state {
            State::Running(pid) => Some(pid),
            State::New | State::Reaped(_) => None,
        }
    }

    fn is_alive(&mut self) -> io::Result<bool> {
        Ok(matches!(
            self.update(WaitPidFlag::WNOHANG)?,
            State::Running(_)
        ))
    }

    fn exit_code(&mut self) -> io::Result<Option<i32>> {
        match self.update(WaitPidFlag::WNOHANG)? {
            State::Reaped(code) => Ok(Some(code)),
            State::New | State::Running(_) => Ok(None),
        }
    }

    fn join(&mut self) -> io::Result<i32> {
        loop {
            match self.update(WaitPidFlag::empty())? {
                State::Reaped(code) => return Ok(code),
                State::New => return Err(io::Error::other("not started")),
                State::Running(_) => {}
            }
        }
    }
}

fn main() -> ExitCode {
    drive::<Worker>()
}
