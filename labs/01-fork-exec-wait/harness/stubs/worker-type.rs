//! Exercise `worker-type`: a type whose values are processes.
//!
//! It shows what a process library keeps for its users: a name, a process id, and an exit status that the
//! kernel hands out once only. A process that has ended stays a zombie until it is reaped; after that its
//! number belongs to nobody, or to a stranger. So the type must remember what it has learned.
//!
//! Calls: fork(2), waitpid(2) with and without WNOHANG, _exit(2).
//! Run it: `cargo run -p fork-exec-wait --bin worker-type -- reader=0 parser=3 writer=SIGTERM`.
//! Edit: the fields of `Worker` and the bodies of its functions.

use std::io;
use std::process::ExitCode;

use fork_exec_wait::worker_type::{Work, WorkerType, drive};
use nix::unistd::Pid;

/// A process with a name.
struct Worker {
    name: String,
    work: Work,
    // TODO: what else must a worker remember, when it is started, and when it is reaped?
}

impl WorkerType for Worker {
    /// A worker that is not yet started.
    fn new(name: &str, work: Work) -> Self {
        Self {
            name: name.into(),
            work,
        }
    }

    /// Its name.
    fn name(&self) -> &str {
        &self.name
    }

    /// Forks. The child says `NAME begins` (with `fork_exec_wait::program::say`), calls `work.run()`, says
    /// `NAME ends`, and leaves with `_exit` and the code that `run` has returned.
    fn start(&mut self) -> io::Result<()> {
        // TODO
        todo!("start {} with {:?}", self.name, self.work)
    }

    /// The process id, once the worker is started.
    fn pid(&self) -> Option<Pid> {
        // TODO
        todo!("say which process {} is", self.name)
    }

    /// Whether the worker has been started and has not ended. A zombie has ended.
    ///
    /// It does not wait, and may be asked at any time, as often as one likes.
    fn is_alive(&mut self) -> io::Result<bool> {
        // TODO
        todo!("say whether {} is alive", self.name)
    }

    /// The exit code of a worker that has ended: −15 if signal 15 has killed it. Before that, `None`.
    ///
    /// It does not wait, and may be asked at any time, as often as one likes.
    fn exit_code(&mut self) -> io::Result<Option<i32>> {
        // TODO
        todo!("say how {} has ended", self.name)
    }

    /// Waits for the end of a started worker and returns its exit code. The worker is reaped then.
    fn join(&mut self) -> io::Result<i32> {
        // TODO
        todo!("wait for {}", self.name)
    }
}

fn main() -> ExitCode {
    drive::<Worker>()
}
