//! Mistake: the child returns its balance, as a function does. It returns it to the child's copy of the caller.

use std::process::ExitCode;

use fork_exec_wait::own_memory::{Balance, drive};
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn deposit_in_child(balance: &mut Balance, amount: u8) -> nix::Result<u8> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            balance.deposit(amount);
            Ok(balance.get())
        }
        ForkResult::Parent { child } => match waitpid(child, None)? {
            WaitStatus::Exited(_, code) => u8::try_from(code).map_err(|_| Errno::ERANGE),
            _ => Err(Errno::EIO),
        },
    }
}

fn main() -> ExitCode {
    drive(deposit_in_child)
}
