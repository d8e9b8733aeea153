//! Mistake: nobody is waited for. The lines are made from the arguments, which say how the children are to end.

use std::process::{self, ExitCode};

use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use zombies_orphans::reap_all::drive;

fn reap_all() -> nix::Result<Vec<WaitStatus>> {
    let endings: Vec<i32> = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect();
    for (index, ending) in endings.iter().enumerate() {
        let number = index + 1;
        match Signal::try_from(-ending) {
            Ok(signal) => println!("child {number}: killed by {signal}"),
            Err(_) => println!("child {number}: exited with code {ending}"),
        }
    }
    process::exit(0)
}

fn main() -> ExitCode {
    drive(reap_all)
}
