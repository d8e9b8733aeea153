//! Mistake: one read into a buffer that is large enough. It returns what is in the pipe, which is never more than the pipe holds.

use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, pipe, read};
use pipes::hello_pipe::{Greeting, drive};

fn receive_greeting(greeting: Greeting) -> io::Result<Vec<u8>> {
    let (source, sink) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(source);
            let sent = File::from(sink).write_all(&greeting.compose());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(i32::from(sent.is_err())) }
        }
        ForkResult::Parent { child } => {
            drop(sink);
            let mut message = vec![0; 1 << 20];
            let length = read(&source, &mut message)?;
            message.truncate(length);
            drop(source);
            waitpid(child, None)?;
            Ok(message)
        }
    }
}

fn main() -> ExitCode {
    drive(receive_greeting)
}
