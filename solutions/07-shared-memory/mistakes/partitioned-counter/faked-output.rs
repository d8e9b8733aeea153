//! Mistake: nobody counts. The program prints what workers would say, and multiplies.

use std::process::{ExitCode, id};

use shared_memory::partitioned_counter::{Worker, drive};

fn count_in_lanes(workers: &[Worker]) -> nix::Result<u64> {
    let rounds = std::env::args()
        .nth(2)
        .and_then(|it| it.parse().ok())
        .unwrap_or(1_000_000);
    for number in 1..=workers.len() as u64 {
        println!(
            "[pid {}] worker {number} counts to {rounds}",
            u64::from(id()) + number
        );
    }
    Ok(workers.len() as u64 * rounds)
}

fn main() -> ExitCode {
    drive(count_in_lanes)
}
