//! Variant: the child sends the balance through a pipe and leaves with code 0.

use std::fs::File;
use std::io::{Read, Write};
use std::process::ExitCode;

use fork_exec_wait::own_memory::{Balance, drive};
use nix::errno::Errno;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, pipe};

fn deposit_in_child(balance: &mut Balance, amount: u8) -> nix::Result<u8> {
    let (read_end, write_end) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(read_end);
            balance.deposit(amount);
            let sent = File::from(write_end).write_all(&[balance.get()]);
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(i32::from(sent.is_err())) }
        }
        ForkResult::Parent { child } => {
            drop(write_end);
            let mut byte = [0];
            let received = File::from(read_end).read_exact(&mut byte);
            waitpid(child, None)?;
            received.map(|()| byte[0]).map_err(|_| Errno::EIO)
        }
    }
}

fn main() -> ExitCode {
    drive(deposit_in_child)
}
