//! Mistake: each upload is waited for before the next one is started.

use std::ffi::CString;
use std::process::ExitCode;

use fork_exec_wait::named_uploads::{Batch, drive};
use nix::sys::prctl::set_name;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

fn upload_all(batch: &Batch) -> nix::Result<()> {
    for upload in batch.uploads() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let name = CString::new(shortened(upload.name())).unwrap_or_default();
                let code = i32::from(set_name(&name).is_err());
                upload.run();
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { child } => waitpid(child, None)?,
        };
    }
    batch.announce();
    Ok(())
}

/// The name as the kernel can keep it.
fn shortened(name: &str) -> String {
    if name.len() <= 15 {
        return name.into();
    }
    format!("{}~{}", &name[..7], &name[name.len() - 7..])
}

fn main() -> ExitCode {
    drive(upload_all)
}
