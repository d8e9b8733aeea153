//! Variant: read(2) and write(2) in loops, ends closed one by one, any child reaped.

use std::io;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::wait::wait;
use nix::unistd::{ForkResult, close, fork, pipe, read, write};
use pipes::hello_pipe::{Greeting, drive};

fn receive_greeting(greeting: Greeting) -> io::Result<Vec<u8>> {
    let (read_end, write_end) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let message = greeting.compose();
            let mut sent = 0;
            while sent < message.len() {
                match write(&write_end, &message[sent..]) {
                    Ok(count) => sent += count,
                    Err(Errno::EINTR) => {}
                    // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                    Err(_) => unsafe { nix::libc::_exit(1) },
                }
            }
            // SAFETY: as above. The kernel closes both ends of a process that has gone.
            unsafe { nix::libc::_exit(0) }
        }
        ForkResult::Parent { .. } => {
            close(write_end)?;
            let mut message = Vec::new();
            let mut buffer = [0; 4096];
            loop {
                match read(&read_end, &mut buffer) {
                    Ok(0) => break,
                    Ok(count) => message.extend_from_slice(&buffer[..count]),
                    Err(Errno::EINTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            close(read_end)?;
            wait()?;
            Ok(message)
        }
    }
}

fn main() -> ExitCode {
    drive(receive_greeting)
}
