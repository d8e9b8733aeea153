//! Mistake: no setsid: the daemon stays in the session of its starter, and hears when its terminal hangs up.

use std::fs::{self, File};
use std::io;
use std::process::{self, ExitCode};

use nix::libc;
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, chdir, dup2_stderr, dup2_stdin, dup2_stdout, fork};
use zombies_orphans::daemonize::{Service, drive};

fn daemonize(service: &Service) -> io::Result<()> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = i32::from(leave_session(service).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { libc::_exit(code) }
        }
        ForkResult::Parent { child } => match waitpid(child, None)? {
            WaitStatus::Exited(_, 0) => Ok(()),
            _ => Err(io::Error::other("no daemon was started")),
        },
    }
}

/// In the process between the two.
fn leave_session(service: &Service) -> io::Result<()> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    if let ForkResult::Child = unsafe { fork() }? {
        let code = match cut_ties(service) {
            Ok(()) => service.serve(),
            Err(_) => libc::EXIT_FAILURE,
        };
        // SAFETY: as above.
        unsafe { libc::_exit(code) }
    }
    Ok(())
}

fn cut_ties(service: &Service) -> io::Result<()> {
    // The folder of the starter could not be unmounted while a process is in it.
    chdir("/")?;
    // The permissions of its files are to be what it asks for, whatever the starter's mask was.
    umask(Mode::S_IWGRP | Mode::S_IWOTH);
    // Open, so that no file that is opened later becomes standard output by accident.
    let null = File::options().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&null)?;
    dup2_stdout(&null)?;
    dup2_stderr(&null)?;
    drop(null);
    // SAFETY: nothing of this process uses these descriptors any more, and no value that owns one is dropped: it leaves by `_exit`.
    if unsafe { libc::close_range(3, libc::c_uint::MAX, 0) } == -1 {
        return Err(io::Error::last_os_error());
    }
    // After the last fork: this is the pid that counts.
    fs::write(service.pid_file(), format!("{}\n", process::id()))
}

fn main() -> ExitCode {
    drive(daemonize)
}
