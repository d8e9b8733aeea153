//! Mistake: no queue: the child sorts the letters that it has in its copy of the parent's memory.

use std::io;
use std::process::ExitCode;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use queues::priority_mail::{Letter, drive, open_letter};

fn deliver(_queue: &str, letters: &[Letter]) -> io::Result<()> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let mut sorted = letters.to_vec();
            sorted.sort_by_key(|letter| letter.class);
            sorted.into_iter().for_each(open_letter);
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(0) }
        }
        ForkResult::Parent { child } => {
            waitpid(child, None)?;
            Ok(())
        }
    }
}

fn main() -> ExitCode {
    drive(deliver)
}
