//! Variant: the folder first, every descriptor by its number, and the pid file is renamed into its place.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::RawFd;
use std::process::ExitCode;

use nix::libc;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, chdir, dup2_stderr, dup2_stdin, dup2_stdout, fork, getpid, setsid};
use zombies_orphans::daemonize::{Service, drive};

fn daemonize(service: &Service) -> io::Result<()> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = match prepare() {
                // SAFETY: as above.
                Ok(()) => match unsafe { fork() } {
                    Ok(ForkResult::Child) => announce(service).map_or(1, |()| service.serve()),
                    Ok(ForkResult::Parent { .. }) => 0,
                    Err(_) => 1,
                },
                Err(_) => 1,
            };
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            waitpid(child, None)?;
            Ok(())
        }
    }
}

/// Everything but the pid can be done before the second fork: its child inherits what is left.
fn prepare() -> io::Result<()> {
    chdir("/")?;
    setsid()?;
    let numbers: Vec<RawFd> = fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    for number in numbers {
        if number > 2 {
            // SAFETY: nothing of this process uses it any more. The folder that was read is closed already, which is no harm.
            unsafe { libc::close(number) };
        }
    }
    let input = File::open("/dev/null")?;
    let output = File::options().write(true).open("/dev/null")?;
    dup2_stdin(&input)?;
    dup2_stdout(&output)?;
    dup2_stderr(&output)?;
    Ok(())
}

/// Whoever looks for the file finds it whole, or not at all.
fn announce(service: &Service) -> io::Result<()> {
    let draft = service.pid_file().with_extension("new");
    let mut file = File::create(&draft)?;
    writeln!(file, "{}", getpid())?;
    fs::rename(draft, service.pid_file())
}

fn main() -> ExitCode {
    drive(daemonize)
}
