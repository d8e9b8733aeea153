//! Mistake: names nobody. All workers carry the name of the main program.

use std::io;
use std::process::ExitCode;

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, getpid, getppid};
use termination::daemon_workers::{Worker, drive};

fn run_main(workers: &[Worker]) -> io::Result<()> {
    let main = getpid();
    let (mut daemons, mut others) = (Vec::new(), Vec::new());
    for worker in workers {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let code = i32::from(be_the_worker(worker, main).is_err());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { child } if worker.is_daemon() => daemons.push(child),
            ForkResult::Parent { child } => others.push(child),
        }
    }
    for worker in others {
        waitpid(worker, None)?;
    }
    for daemon in &daemons {
        kill(*daemon, Signal::SIGTERM)?;
    }
    for daemon in daemons {
        waitpid(daemon, None)?;
    }
    Ok(())
}

fn be_the_worker(worker: &Worker, main: Pid) -> nix::Result<()> {
    if worker.is_daemon() {
        set_pdeathsig(Signal::SIGTERM)?;
        if getppid() != main {
            return Ok(());
        }
    }
    worker.run();
    Ok(())
}

fn main() -> ExitCode {
    drive(run_main)
}
