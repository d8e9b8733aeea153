//! Mistake: does the work in the calling process and gives the answers that a worker would have given.

use std::io;
use std::process::ExitCode;

use fork_exec_wait::program::say;
use fork_exec_wait::worker_type::{Work, WorkerType, drive};
use nix::unistd::{Pid, getpid};

struct Worker {
    name: String,
    work: Work,
    code: Option<i32>,
}

impl WorkerType for Worker {
    fn new(name: &str, work: Work) -> Self {
        Self {
            name: name.into(),
            work,
            code: None,
        }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn start(&mut self) -> io::Result<()> {
        say(&format!("{} begins", self.name));
        self.code = Some(self.work.run());
        say(&format!("{} ends", self.name));
        Ok(())
    }

    fn pid(&self) -> Option<Pid> {
        self.code.map(|_| getpid())
    }

    fn is_alive(&mut self) -> io::Result<bool> {
        Ok(false)
    }

    fn exit_code(&mut self) -> io::Result<Option<i32>> {
        Ok(self.code)
    }

    fn join(&mut self) -> io::Result<i32> {
        Ok(self.code.unwrap_or_default())
    }
}

fn main() -> ExitCode {
    drive::<Worker>()
}
