//! Mistake: every function asks the kernel, and none remembers. The first question after the worker's end reaps
//! it; the next one is about a process that is not there.

use std::io;
use std::process::ExitCode;

use fork_exec_wait::program::say;
use fork_exec_wait::worker_type::{Work, WorkerType, drive};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

/// A process with a name.
struct Worker {
    name: String,
    work: Work,
    /// Set by `start`.
    pid: Option<Pid>,
}

impl Worker {
    /// Asks the kernel for the exit code.
    fn ask(&self, flags: WaitPidFlag) -> io::Result<Option<i32>> {
        let Some(pid) = self.pid else {
            return Ok(None);
        };
        Ok(match waitpid(pid, Some(flags))? {
            WaitStatus::Exited(_, code) => Some(code),
            WaitStatus::Signaled(_, signal, _) => Some(-(signal as i32)),
            _ => None,
        })
    }
}

impl WorkerType for Worker {
    fn new(name: &str, work: Work) -> Self {
        Self {
            name: name.into(),
            work,
            pid: None,
        }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn start(&mut self) -> io::Result<()> {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                say(&format!("{} begins", self.name));
                let code = self.work.run();
                say(&format!("{} ends", self.name));
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { child } => {
                self.pid = Some(child);
                Ok(())
            }
        }
    }

    fn pid(&self) -> Option<Pid> {
        self.pid
    }

    fn is_alive(&mut self) -> io::Result<bool> {
        Ok(self.pid.is_some() && self.ask(WaitPidFlag::WNOHANG)?.is_none())
    }

    fn exit_code(&mut self) -> io::Result<Option<i32>> {
        self.ask(WaitPidFlag::WNOHANG)
    }

    fn join(&mut self) -> io::Result<i32> {
        self.ask(WaitPidFlag::empty())?
            .ok_or_else(|| io::Error::other("a worker that was not started cannot be joined"))
    }
}

fn main() -> ExitCode {
    drive::<Worker>()
}
