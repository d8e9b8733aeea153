//! Mistake: nobody counts. The program prints what the driver would say.

use std::process::{ExitCode, exit};

use shared_memory::racy_counter::{Tally, drive};

fn count_without_lock(tally: &Tally) -> nix::Result<()> {
    let all = tally.workers() * tally.rounds();
    println!("without a lock: the counter is {} of {all}", tally.rounds());
    println!("with a lock: the counter is {all} of {all}");
    exit(0)
}

fn count_with_lock(tally: &Tally) -> nix::Result<()> {
    count_without_lock(tally)
}

fn main() -> ExitCode {
    drive(count_without_lock, count_with_lock)
}
