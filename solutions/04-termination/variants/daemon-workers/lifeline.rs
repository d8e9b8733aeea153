//! Variant: a lifeline. Only the main program has the write end of a pipe, and a thread of each daemon waits for the end of file. It
//! cannot come too late: the end of file stays.

use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::prctl::set_name;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, pipe2, read};
use termination::daemon_workers::{Worker, drive};

fn run_main(workers: &[Worker]) -> io::Result<()> {
    let (lifeline, held) = pipe2(OFlag::O_CLOEXEC)?;
    let (mut daemons, mut others) = (Vec::new(), Vec::new());
    for worker in workers {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                // In every worker: one copy that is left anywhere keeps all daemons alive.
                drop(held);
                let code = i32::from(be_the_worker(worker, lifeline).is_err());
                leave(code)
            }
            ForkResult::Parent { child } if worker.is_daemon() => daemons.push(child),
            ForkResult::Parent { child } => others.push(child),
        }
    }
    for worker in others {
        waitpid(worker, None)?;
    }
    drop(held);
    for daemon in daemons {
        waitpid(daemon, None)?;
    }
    Ok(())
}

fn be_the_worker(worker: &Worker, lifeline: OwnedFd) -> io::Result<()> {
    let name = CString::new(worker.name()).map_err(|_| Errno::EINVAL)?;
    set_name(&name)?;
    if worker.is_daemon() {
        std::thread::Builder::new().spawn(move || {
            while read(&lifeline, &mut [0]) == Err(Errno::EINTR) {}
            leave(0)
        })?;
    }
    worker.run();
    Ok(())
}

fn leave(code: i32) -> ! {
    // SAFETY: `_exit` ends all threads of the process, and leaves the parent's buffers alone.
    unsafe { nix::libc::_exit(code) }
}

fn main() -> ExitCode {
    drive(run_main)
}
