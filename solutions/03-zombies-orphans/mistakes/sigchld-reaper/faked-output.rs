//! Mistake: no work is done. The lines are made from the arguments, and a child is there for the looks.

use std::process::{self, ExitCode};

use nix::sys::wait::WaitStatus;
use nix::unistd::{ForkResult, fork};
use zombies_orphans::sigchld_reaper::{Work, drive};

fn work_and_reap(_: &mut Work) -> nix::Result<Vec<WaitStatus>> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    if let ForkResult::Child = unsafe { fork() }? {
        process::exit(0);
    }
    let mut children = 0;
    let mut pid = process::id();
    for (index, item) in std::env::args().skip(1).enumerate() {
        let number = index + 1;
        match item.split_once('=') {
            Some((_, count)) => {
                println!("item {number}: {count} children end while this process is stopped");
                children += 1 + count.parse().unwrap_or(0);
            }
            None if item == "quick" => {
                println!("item {number}: a child ends");
                children += 1;
            }
            None if item == "late" => {
                println!("item {number}: a child will end when this item is over");
                children += 1;
                pid += 1;
                println!("[pid {pid}] ends, and comes last");
            }
            None => {
                println!("item {number}: a child ends while this process prints");
                children += 2;
                pid += 1;
                println!("[pid {pid}] has read a report of 2097152 bytes");
            }
        }
    }
    for child in 1..=children {
        println!("child {child}: exited with code {child}");
    }
    process::exit(0)
}

fn main() -> ExitCode {
    drive(work_and_reap)
}
