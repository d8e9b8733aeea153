//! Mistake: there is no daemon. What it would answer is printed.

use std::io;
use std::process::{self, ExitCode};

use zombies_orphans::daemonize::{Service, drive};

fn daemonize(_: &Service) -> io::Result<()> {
    let code = std::env::args().nth(1).unwrap_or_else(|| "0".to_owned());
    println!("process: one of its own");
    println!("session: a new one, without a terminal");
    println!("working folder: /");
    for descriptor in 0..=2 {
        println!("descriptor {descriptor}: /dev/null");
    }
    println!("other descriptors: none");
    println!("pid file: names the daemon");
    println!("it leaves with code {code}");
    process::exit(0)
}

fn main() -> ExitCode {
    drive(daemonize)
}
