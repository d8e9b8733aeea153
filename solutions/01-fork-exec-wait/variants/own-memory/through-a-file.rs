//! Variant: the child leaves the balance in a file, which the parent reads once it has reaped the child.

use std::fs;
use std::process::{self, ExitCode};

use fork_exec_wait::own_memory::{Balance, drive};
use nix::errno::Errno;
use nix::sys::wait::wait;
use nix::unistd::{ForkResult, fork};

fn deposit_in_child(balance: &mut Balance, amount: u8) -> nix::Result<u8> {
    let path = format!("balance-{}.txt", process::id());
    // SAFETY: the program has one thread, so the child may run ordinary code.
    if let ForkResult::Child = unsafe { fork() }? {
        balance.deposit(amount);
        let written = fs::write(&path, balance.get().to_string());
        process::exit(i32::from(written.is_err()));
    }
    wait()?;
    let text = fs::read_to_string(&path).map_err(|_| Errno::EIO)?;
    fs::remove_file(&path).map_err(|_| Errno::EIO)?;
    text.parse().map_err(|_| Errno::EIO)
}

fn main() -> ExitCode {
    drive(deposit_in_child)
}
