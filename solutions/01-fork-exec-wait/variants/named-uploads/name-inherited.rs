//! Variant: the parent takes each name before it forks, the child inherits it, and the parent takes its own back.

use std::ffi::CString;
use std::process::ExitCode;

use fork_exec_wait::named_uploads::{Batch, drive};
use nix::errno::Errno;
use nix::libc;
use nix::sys::prctl::{get_name, set_name};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{ForkResult, fork};

fn upload_all(batch: &Batch) -> nix::Result<()> {
    let own_name = get_name()?;
    let mut uploaders = Vec::new();
    for upload in batch.uploads() {
        let (name, length) = (upload.name(), upload.name().len());
        let name = match length {
            0..=15 => name.to_owned(),
            _ => [&name[..7], "~", &name[length - 7..]].concat(),
        };
        set_name(&CString::new(name).map_err(|_| Errno::EINVAL)?)?;
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                upload.run();
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { libc::_exit(0) }
            }
            ForkResult::Parent { child } => uploaders.push(child),
        }
    }
    set_name(&own_name)?;
    while let Some(uploader) = uploaders.pop() {
        waitid(Id::Pid(uploader), WaitPidFlag::WEXITED)?;
    }
    batch.announce();
    Ok(())
}

fn main() -> ExitCode {
    drive(upload_all)
}
