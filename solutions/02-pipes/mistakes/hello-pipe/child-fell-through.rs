//! Mistake: the child returns from the function after its work, and goes on where only its parent should.

use std::fs::File;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, pipe};
use pipes::hello_pipe::{Greeting, drive};

fn receive_greeting(greeting: Greeting) -> io::Result<Vec<u8>> {
    let (read_end, write_end) = pipe()?;
    let mut message = Vec::new();
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(read_end);
            File::from(write_end).write_all(&greeting.compose())?;
        }
        ForkResult::Parent { child } => {
            drop(write_end);
            File::from(read_end).read_to_end(&mut message)?;
            waitpid(child, None)?;
        }
    }
    Ok(message)
}

fn main() -> ExitCode {
    drive(receive_greeting)
}
