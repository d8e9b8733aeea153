//! Mistake: no child. What children would say is printed, and their outcomes are read off the arguments.

use std::process::ExitCode;

use fork_exec_wait::exit_status::{Ending, Outcome, drive};
use nix::libc;
use nix::unistd::getpid;

fn decode(word: i32) -> Outcome {
    if libc::WIFEXITED(word) {
        Outcome::Exited(libc::WEXITSTATUS(word))
    } else if libc::WIFSIGNALED(word) {
        Outcome::Killed {
            signal: libc::WTERMSIG(word),
            core: libc::WCOREDUMP(word),
        }
    } else if libc::WIFSTOPPED(word) {
        Outcome::Stopped(libc::WSTOPSIG(word))
    } else {
        Outcome::Continued
    }
}

fn end_children(endings: &[Ending]) -> nix::Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    let mut pid = getpid().as_raw();
    for argument in std::env::args().skip(2).take(endings.len()) {
        let number: i32 = argument.parse().unwrap_or(0);
        pid += 1;
        if number < 0 {
            println!("[pid {pid}] sends itself signal {}", -number);
            outcomes.push(Outcome::Killed {
                signal: -number,
                core: false,
            });
        } else {
            println!("[pid {pid}] leaves with code {number}");
            outcomes.push(Outcome::Exited(number));
        }
    }
    Ok(outcomes)
}

fn main() -> ExitCode {
    drive(decode, end_children)
}
