//! Mistake: the child stops at the end of its branch, as it seems. It goes on behind the loop.

use std::ffi::CString;
use std::process::ExitCode;

use fork_exec_wait::named_uploads::{Batch, drive};
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

fn upload_all(batch: &Batch) -> nix::Result<()> {
    let mut uploaders = Vec::new();
    for upload in batch.uploads() {
        let name = process_name(upload.name())?;
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                prctl::set_name(&name)?;
                upload.run();
                break;
            }
            ForkResult::Parent { child } => uploaders.push(child),
        }
    }
    for uploader in uploaders {
        waitpid(uploader, None)?;
    }
    batch.announce();
    Ok(())
}

fn process_name(name: &str) -> nix::Result<CString> {
    let short = match name.len() {
        0..=15 => name.to_owned(),
        length => format!("{}~{}", &name[..7], &name[length - 7..]),
    };
    CString::new(short).map_err(|_| Errno::EINVAL)
}

fn main() -> ExitCode {
    drive(upload_all)
}
