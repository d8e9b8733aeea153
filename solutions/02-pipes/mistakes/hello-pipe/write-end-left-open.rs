//! Mistake: the parent keeps its own write end open, so `read` never reports the end of file: the
//! kernel cannot know that this process, which waits in `read`, will never write.

use std::fs::File;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, pipe};
use pipes::hello_pipe::{Greeting, drive};

fn receive_greeting(greeting: Greeting) -> io::Result<Vec<u8>> {
    let (read_end, write_end) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(read_end);
            let code = i32::from(
                File::from(write_end)
                    .write_all(&greeting.compose())
                    .is_err(),
            );
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            let mut message = Vec::new();
            File::from(read_end).read_to_end(&mut message)?;
            waitpid(child, None)?;
            Ok(message)
        }
    }
}

fn main() -> ExitCode {
    drive(receive_greeting)
}
