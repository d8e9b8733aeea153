//! Variant: a socketpair for the reports, a pidfd for the signal, and waitid(2), which takes the status apart itself.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, fork};
use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use termination::terminate::{Factorial, Step, Stopped, drive};

fn terminate(factorial: &mut Factorial, steps: u32) -> io::Result<Stopped> {
    let (here, mut there) = UnixStream::pair()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            drop(here);
            while there
                .write_all(factorial.step().to_line().as_bytes())
                .is_ok()
            {}
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(1) }
        }
        ForkResult::Parent { child } => child,
    };
    drop(there);
    let pid = rustix::process::Pid::from_raw(child.as_raw()).ok_or(io::ErrorKind::NotFound)?;
    let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
    let mut reader = BufReader::new(here);
    let mut last = None;
    let mut sent = false;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            break;
        }
        last = Step::from_line(&line);
        if !sent && last.as_ref().is_some_and(|step| step.number >= steps) {
            pidfd_send_signal(&pidfd, Signal::TERM)?;
            sent = true;
        }
    }
    let code = match waitid(Id::Pid(child), WaitPidFlag::WEXITED)? {
        WaitStatus::Exited(_, code) => code,
        WaitStatus::Signaled(_, signal, _) => -(signal as i32),
        other => return Err(io::Error::other(format!("unexpected {other:?}"))),
    };
    Ok(Stopped { code, last })
}

fn main() -> ExitCode {
    drive(terminate)
}
