//! Mistake: nobody meets. The program prints what members would say.

use std::process::{ExitCode, id};

use barriers::broken_barrier::{Meeting, drive};

fn meet(meeting: &Meeting) -> nix::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| {
        args.get(at)
            .and_then(|it| it.parse().ok())
            .unwrap_or(usize::MAX)
    };
    let (what, who, last) = (args.get(2).map(String::as_str), number(3), number(4));
    for member in 1..=meeting.members().len() {
        let pid = id() as usize + member;
        for round in 1..=meeting.rounds().min(last - 1) {
            println!("[pid {pid}] member {member} has passed round {round}");
        }
        if what == Some("late") || (what.is_some() && member != who) {
            println!("[pid {pid}] member {member} gives up in round {last}");
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(meet)
}
