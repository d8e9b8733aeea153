//! Mistake: no worker: the lines of workers that do not exist.
use std::process::ExitCode;

use nix::unistd::getpid;

fn main() -> ExitCode {
    let requests: Vec<u32> = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect();
    for (number, count) in (1..).zip(&requests) {
        let worker = getpid().as_raw() + number;
        println!("[pid {worker}] a worker serves at desk {number}");
        println!("[pid {worker}] desk {number} is empty after {count} requests");
    }
    for (number, count) in (1..).zip(&requests) {
        println!("worker {number}: {count} requests");
    }
    println!("{} requests in all", requests.iter().sum::<u32>());
    ExitCode::SUCCESS
}
