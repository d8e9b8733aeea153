//! Mistake: the question whether the worker is alive waits for its end, because WNOHANG is missing.

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
    /// Set when the process is reaped. From then on the pid is not ours, and the kernel is not asked again.
    code: Option<i32>,
}

impl Worker {
    /// Asks the kernel, but only about a process that has not been reaped.
    fn ask(&mut self, flags: WaitPidFlag) -> io::Result<()> {
        let (Some(pid), None) = (self.pid, self.code) else {
            return Ok(());
        };
        self.code = match waitpid(pid, Some(flags))? {
            WaitStatus::Exited(_, code) => Some(code),
            WaitStatus::Signaled(_, signal, _) => Some(-(signal as i32)),
            _ => None,
        };
        Ok(())
    }
}

impl WorkerType for Worker {
    fn new(name: &str, work: Work) -> Self {
        Self {
            name: name.into(),
            work,
            pid: None,
            code: None,
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
        self.ask(WaitPidFlag::empty())?;
        Ok(self.pid.is_some() && self.code.is_none())
    }

    fn exit_code(&mut self) -> io::Result<Option<i32>> {
        self.ask(WaitPidFlag::WNOHANG)?;
        Ok(self.code)
    }

    fn join(&mut self) -> io::Result<i32> {
        self.ask(WaitPidFlag::empty())?;
        self.code
            .ok_or_else(|| io::Error::other("a worker that was not started cannot be joined"))
    }
}

fn main() -> ExitCode {
    drive::<Worker>()
}
