//! Variant: the kernel reaps: with SIGCHLD ignored, a wait lasts until the last child has ended, and then fails (wait(2)).

use std::ffi::CString;
use std::process::ExitCode;

use fork_exec_wait::named_uploads::{Batch, Upload, drive};
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::wait;
use nix::unistd::{ForkResult, fork};

/// Bytes of a name that the kernel keeps: `TASK_COMM_LEN` less the null byte at the end.
const LONGEST: usize = 15;

fn upload_all(batch: &Batch) -> nix::Result<()> {
    // SAFETY: no handler runs.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
    for upload in batch.uploads() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let code = i32::from(run_named(upload).is_err());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { .. } => {}
        }
    }
    // ECHILD: nobody is left, neither at work nor as a zombie. How they have ended, nobody learns.
    match wait() {
        Err(Errno::ECHILD) => {}
        other => return other.and(Err(Errno::EINVAL)),
    }
    batch.announce();
    Ok(())
}

/// Names the calling process first, so that it is never seen at work under its parent's name.
fn run_named(upload: &Upload) -> nix::Result<()> {
    let name = CString::new(short(upload.name())).map_err(|_| Errno::EINVAL)?;
    prctl::set_name(&name)?;
    upload.run();
    Ok(())
}

/// A name that tells long names apart by their ends, too.
fn short(name: &str) -> String {
    if name.len() <= LONGEST {
        name.to_owned()
    } else {
        format!("{}~{}", &name[..7], &name[name.len() - 7..])
    }
}

fn main() -> ExitCode {
    drive(upload_all)
}
