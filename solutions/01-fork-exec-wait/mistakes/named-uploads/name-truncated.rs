//! Mistake: the whole name is handed to the kernel, which keeps its first 15 bytes and reports no error.

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
        let name = CString::new(upload.name()).map_err(|_| Errno::EINVAL)?;
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let code = i32::from(prctl::set_name(&name).is_err());
                upload.run();
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
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

fn main() -> ExitCode {
    drive(upload_all)
}
