//! Mistake: ends the daemons in its last lines, which a main program that is killed does not come to.

use std::ffi::CString;
use std::io;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::prctl::set_name;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use termination::daemon_workers::{Worker, drive};

fn run_main(workers: &[Worker]) -> io::Result<()> {
    let (mut daemons, mut others) = (Vec::new(), Vec::new());
    for worker in workers {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let code = i32::from(be_the_worker(worker).is_err());
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

fn be_the_worker(worker: &Worker) -> nix::Result<()> {
    let name = CString::new(worker.name()).map_err(|_| Errno::EINVAL)?;
    set_name(&name)?;
    worker.run();
    Ok(())
}

fn main() -> ExitCode {
    drive(run_main)
}
