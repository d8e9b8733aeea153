//! Mistake: one `wait` for all uploaders. It reaps the first that ends; the others are left behind.

use std::ffi::CString;
use std::process::ExitCode;

use fork_exec_wait::named_uploads::{Batch, drive};
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::wait::wait;
use nix::unistd::{ForkResult, fork};

fn upload_all(batch: &Batch) -> nix::Result<()> {
    for upload in batch.uploads() {
        let name = process_name(upload.name())?;
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let code = i32::from(prctl::set_name(&name).is_err());
                upload.run();
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { .. } => {}
        }
    }
    wait()?;
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
