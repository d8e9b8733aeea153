//! Mistake: nobody is forked. The lines are what orphans would say.

use std::process::{self, ExitCode};

use nix::unistd::getpid;
use zombies_orphans::orphan::{Orphan, drive};

fn outlive(_: &Orphan) -> nix::Result<()> {
    let main = getpid();
    let is_subreaper = std::env::args()
        .nth(1)
        .is_some_and(|word| word == "program");
    for (pid, number) in (main.as_raw() + 2..).zip(std::env::args().skip(2)) {
        if is_subreaper {
            println!("[pid {pid}] orphan {number} was adopted by [pid {main}], the main process");
        } else {
            println!("[pid {pid}] orphan {number} was adopted by [pid 1], a process of the system");
        }
    }
    process::exit(0)
}

fn main() -> ExitCode {
    drive(outlive)
}
