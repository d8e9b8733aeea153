//! Variant: questions only look at the child (WNOWAIT) and leave it a zombie; `join` alone reaps.

use std::io;
use std::process::ExitCode;

use fork_exec_wait::program::say;
use fork_exec_wait::worker_type::{Work, WorkerType, drive};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, Pid, fork};

struct Worker {
    name: String,
    work: Work,
    pid: Option<Pid>,
    /// Remembered by `join`, which takes the zombie away.
    code: Option<i32>,
}

fn look_at(pid: Pid, flags: WaitPidFlag) -> io::Result<Option<i32>> {
    Ok(match waitid(Id::Pid(pid), flags | WaitPidFlag::WEXITED)? {
        WaitStatus::Exited(_, code) => Some(code),
        WaitStatus::Signaled(_, signal, _) => Some(-(signal as i32)),
        _ => None,
    })
}

impl WorkerType for Worker {
    fn new(name: &str, work: Work) -> Self {
        Self {
            name: name.to_string(),
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
        if let ForkResult::Parent { child } = unsafe { fork() }? {
            self.pid = Some(child);
            return Ok(());
        }
        say(&format!("{} begins", self.name));
        let code = self.work.run();
        say(&format!("{} ends", self.name));
        // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
        unsafe { nix::libc::_exit(code) }
    }

    fn pid(&self) -> Option<Pid> {
        self.pid
    }

    fn is_alive(&mut self) -> io::Result<bool> {
        Ok(self.pid.is_some() && self.exit_code()?.is_none())
    }

    fn exit_code(&mut self) -> io::Result<Option<i32>> {
        match (self.code, self.pid) {
            (None, Some(pid)) => look_at(pid, WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT),
            (known, _) => Ok(known),
        }
    }

    fn join(&mut self) -> io::Result<i32> {
        if let (None, Some(pid)) = (self.code, self.pid) {
            self.code = look_at(pid, WaitPidFlag::empty())?;
        }
        self.code.ok_or(io::Error::other("not started"))
    }
}

fn main() -> ExitCode {
    drive::<Worker>()
}
