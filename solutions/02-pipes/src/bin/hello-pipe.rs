//! Reference answer of `hello-pipe`.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, pipe};
use pipes::hello_pipe::{Greeting, drive};

fn receive_greeting(greeting: Greeting) -> io::Result<Vec<u8>> {
    let (read_end, write_end) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(read_end); // the child only writes
            let code = i32::from(send(write_end, &greeting.compose()).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            // The parent only reads. While it held a write end itself, `read` would never see the
            // end of file: the kernel cannot know that this process will not write.
            drop(write_end);
            let mut message = Vec::new();
            // Read first, reap afterwards: a child with more than 64 KiB to say waits in `write`
            // until somebody reads.
            File::from(read_end).read_to_end(&mut message)?;
            waitpid(child, None)?;
            Ok(message)
        }
    }
}

/// Writes every byte; the write end closes when `pipe` goes out of scope.
fn send(pipe: OwnedFd, message: &[u8]) -> io::Result<()> {
    File::from(pipe).write_all(message)
}

fn main() -> ExitCode {
    drive(receive_greeting)
}
