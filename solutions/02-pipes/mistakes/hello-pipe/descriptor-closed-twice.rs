//! Mistake: the parent closes the write end by its number, as in C, and its owner closes the same
//! number again when it goes out of scope. By then the number could belong to another file.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, close, fork, pipe};
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
            close(write_end.as_raw_fd())?;
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
