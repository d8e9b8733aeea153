//! Mistake: the parent looks for the child's deposit in its own memory.

use std::process::ExitCode;

use fork_exec_wait::own_memory::{Balance, drive};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

fn deposit_in_child(balance: &mut Balance, amount: u8) -> nix::Result<u8> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            balance.deposit(amount);
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(0) }
        }
        ForkResult::Parent { child } => {
            waitpid(child, None)?;
            // The child has done its deposit by now.
            Ok(balance.get())
        }
    }
}

fn main() -> ExitCode {
    drive(deposit_in_child)
}
