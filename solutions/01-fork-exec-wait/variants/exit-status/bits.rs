//! Variant: the word is taken apart bit by bit; children are reaped by a wait for any, and known by pid.

use std::collections::HashMap;
use std::process::{self, ExitCode};

use fork_exec_wait::exit_status::{Ending, Outcome, drive};
use nix::errno::Errno;
use nix::libc;
use nix::unistd::{ForkResult, fork};

fn decode(word: i32) -> Outcome {
    let next_byte = (word >> 8) & 0xff;
    match word & 0x7f {
        0 => Outcome::Exited(next_byte),
        0x7f if word == 0xffff => Outcome::Continued,
        0x7f => Outcome::Stopped(next_byte),
        signal => Outcome::Killed {
            signal,
            core: word & 0x80 != 0,
        },
    }
}

fn end_children(endings: &[Ending]) -> nix::Result<Vec<Outcome>> {
    let mut index_of = HashMap::new();
    for (index, ending) in endings.iter().enumerate() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => process::exit(ending.approach()),
            ForkResult::Parent { child } => index_of.insert(child.as_raw(), index),
        };
    }
    let mut outcomes = vec![Outcome::Continued; endings.len()];
    while !index_of.is_empty() {
        let mut word = 0;
        // SAFETY: `word` lives longer than the call, which stores the status in it.
        let pid = Errno::result(unsafe { libc::wait(&raw mut word) })?;
        // A pid that is not in the table belongs to a child that somebody else has started.
        if let Some(index) = index_of.remove(&pid) {
            outcomes[index] = decode(word);
        }
    }
    Ok(outcomes)
}

fn main() -> ExitCode {
    drive(decode, end_children)
}
