//! Mistake: no signal is sent. The lines say what would have come of it.

use std::io;
use std::process::{self, ExitCode};

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use zombies_orphans::pid_reuse::drive;

type Handle = Pid;

fn find(_: Pid) -> io::Result<Handle> {
    for (index, fate) in std::env::args().skip(1).enumerate() {
        let child = index + 1;
        if fate == "running" {
            println!("child {child} is running: the signal was sent");
            println!("child {child}: killed by SIGTERM");
        } else if fate == "zombie" {
            println!("child {child} is a zombie: the signal was sent");
            println!("child {child}: exited with code {child}");
        } else {
            println!("child {child}: exited with code {child}");
            println!("child {child} was reaped: the signal was not sent");
            println!("a stranger: exited with code {child}");
        }
    }
    process::exit(0)
}

fn send(_: &Handle, _: Signal) -> io::Result<bool> {
    Ok(false)
}

fn main() -> ExitCode {
    drive(find, send)
}
