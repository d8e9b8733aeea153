//! Variant: the standard library's pipe, a child that is reaped with waitid(2), the message passed on in pieces.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{ForkResult, fork};
use pipes::hello_pipe::{Greeting, drive};

fn receive_greeting(greeting: Greeting) -> io::Result<Vec<u8>> {
    // These ends are close-on-exec; that makes no difference to `fork`.
    let (mut reader, mut writer) = io::pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(reader);
            let message = greeting.compose();
            let sent = message
                .chunks(1000)
                .try_for_each(|piece| writer.write_all(piece));
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(i32::from(sent.is_err())) }
        }
        ForkResult::Parent { child } => {
            drop(writer);
            let mut message = Vec::new();
            let received = reader.read_to_end(&mut message);
            // Reaped even if reading failed.
            waitid(Id::Pid(child), WaitPidFlag::WEXITED)?;
            received.map(|_| message)
        }
    }
}

fn main() -> ExitCode {
    drive(receive_greeting)
}
