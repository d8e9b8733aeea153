//! Mistake: no child. The line is printed with a pid that is made up, the sum is the parent's.

use std::process::{self, ExitCode};

use fork_exec_wait::own_memory::{Balance, drive};

fn deposit_in_child(balance: &mut Balance, amount: u8) -> nix::Result<u8> {
    let sum = balance.get() + amount;
    let pid = process::id() + u32::from(sum);
    println!("[pid {pid}] deposits {amount}: the balance is {sum}");
    Ok(sum)
}

fn main() -> ExitCode {
    drive(deposit_in_child)
}
