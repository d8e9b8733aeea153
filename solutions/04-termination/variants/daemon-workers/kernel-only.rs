//! Variant: leaves the end of the daemons to the kernel in every case.

use std::ffi::CString;
use std::io;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::prctl::{set_name, set_pdeathsig};
use nix::sys::signal::Signal;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, getpid, getppid};
use termination::daemon_workers::{Worker, drive};

fn run_main(workers: &[Worker]) -> io::Result<()> {
    let main = getpid();
    let mut others = Vec::new();
    for worker in workers {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let code = i32::from(be_the_worker(worker, main).is_err());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { .. } if worker.is_daemon() => {}
            ForkResult::Parent { child } => others.push(child),
        }
    }
    for worker in others {
        waitpid(worker, None)?;
    }
    Ok(())
}

fn be_the_worker(worker: &Worker, main: Pid) -> nix::Result<()> {
    if worker.is_daemon() {
        set_pdeathsig(Signal::SIGKILL)?;
        if getppid() != main {
            return Err(Errno::ESRCH);
        }
    }
    let name = CString::new(worker.name()).map_err(|_| Errno::EINVAL)?;
    set_name(&name)?;
    worker.run();
    Ok(())
}

fn main() -> ExitCode {
    drive(run_main)
}
