//! Mistake: the uploads have names, but nobody tells the kernel. All processes are called like the program.

use std::process::ExitCode;

use fork_exec_wait::named_uploads::{Batch, drive};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

fn upload_all(batch: &Batch) -> nix::Result<()> {
    let mut uploaders = Vec::new();
    for upload in batch.uploads() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                upload.run();
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(0) }
            }
            ForkResult::Parent { child } => uploaders.push((upload.name(), child)),
        }
    }
    for (_name, uploader) in uploaders {
        waitpid(uploader, None)?;
    }
    batch.announce();
    Ok(())
}

fn main() -> ExitCode {
    drive(upload_all)
}
