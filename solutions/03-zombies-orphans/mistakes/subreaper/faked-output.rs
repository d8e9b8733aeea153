//! Mistake: nobody is waited for. The lines of a first experiment are printed again.

use std::process::{self, ExitCode};

use nix::libc;
use nix::sys::wait::WaitStatus;
use nix::unistd::{ForkResult, fork};
use zombies_orphans::subreaper::{Subtree, drive};

const SEEN: &str = "\
place 0: exited with code 243
place 1: killed by SIGTERM
place 2: killed by SIGKILL
place 3: exited with code 244
place 4: exited with code 244
place 5: exited with code 245
place 6: killed by SIGUSR1
7 statuses of 7 processes";

fn adopt_and_reap(_: &Subtree) -> nix::Result<Vec<WaitStatus>> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    if let ForkResult::Child = unsafe { fork() }? {
        // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
        unsafe { libc::_exit(0) }
    }
    if std::env::args().nth(1).as_deref() == Some("2x2") {
        let first = process::id();
        for (pid, place) in (first + 1..).zip(0..7) {
            println!("[pid {pid}] ends at place {place}");
        }
        println!("{SEEN}");
    }
    process::exit(0)
}

fn main() -> ExitCode {
    drive(adopt_and_reap)
}
