//! Reference answer of `own-memory`.

use std::process::ExitCode;

use fork_exec_wait::own_memory::{Balance, drive};
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn deposit_in_child(balance: &mut Balance, amount: u8) -> nix::Result<u8> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            // `balance` has the address that it has in the parent, and refers to the child's own copy.
            balance.deposit(amount);
            // The copy goes when the child does. Its value leaves as the exit code.
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(i32::from(balance.get())) }
        }
        ForkResult::Parent { child } => match waitpid(child, None)? {
            // An exit code has eight bits, so it always fits.
            WaitStatus::Exited(_, code) => u8::try_from(code).map_err(|_| Errno::ERANGE),
            _ => Err(Errno::EIO), // the child was killed before it could tell
        },
    }
}

fn main() -> ExitCode {
    drive(deposit_in_child)
}
