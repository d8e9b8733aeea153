//! Mistake: no child. What a zombie would have looked like is printed, from the arguments.

use std::process::{self, ExitCode};

use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use nix::unistd::getpid;
use zombies_orphans::make_zombie::{Display, Ending, drive};

fn make_zombie(_: &Ending, _: &Display) -> nix::Result<WaitStatus> {
    let parent = getpid();
    let endings = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse::<i32>().ok());
    for (child, ending) in (parent.as_raw() + 1..).zip(endings) {
        println!("[pid {child}] comes to its end");
        println!("process [pid {child}], a child of [pid {parent}], is in state Z");
        match Signal::try_from(-ending) {
            Ok(signal) => println!("and it was reaped: killed by {signal}"),
            Err(_) => println!("and it was reaped: exited with code {ending}"),
        }
    }
    process::exit(0)
}

fn main() -> ExitCode {
    drive(make_zombie)
}
