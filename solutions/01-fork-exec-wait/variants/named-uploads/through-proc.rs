//! Variant: the name is written to /proc/self/comm; uploaders are reaped until there is none left.

use std::fs;
use std::process::{self, ExitCode};

use fork_exec_wait::named_uploads::{Batch, drive};
use nix::errno::Errno;
use nix::sys::wait::wait;
use nix::unistd::{ForkResult, fork};

fn upload_all(batch: &Batch) -> nix::Result<()> {
    for upload in batch.uploads() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        if let ForkResult::Child = unsafe { fork() }? {
            let mut name = upload.name().to_owned();
            if name.len() > 15 {
                name.replace_range(7..name.len() - 7, "~");
            }
            if fs::write("/proc/self/comm", &name).is_err() {
                process::exit(1);
            }
            upload.run();
            process::exit(0);
        }
    }
    loop {
        match wait() {
            Ok(_) => {}
            Err(Errno::ECHILD) => break,
            Err(error) => return Err(error),
        }
    }
    batch.announce();
    Ok(())
}

fn main() -> ExitCode {
    drive(upload_all)
}
