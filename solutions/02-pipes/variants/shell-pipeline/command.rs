//! Variant: `std::process::Command`, which closes, connects and resets SIGPIPE by itself.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, ExitCode, Stdio};

use pipes::shell_pipeline::{Outcome, drive};

fn run_pipeline(commands: &[Vec<CString>]) -> io::Result<Vec<Outcome>> {
    let mut children = Vec::new();
    let mut input = Stdio::inherit();
    for (index, command) in commands.iter().enumerate() {
        let words: Vec<&OsStr> = command
            .iter()
            .map(|word| OsStr::from_bytes(word.to_bytes()))
            .collect();
        let last = index + 1 == commands.len();
        let output = if last {
            Stdio::inherit()
        } else {
            Stdio::piped()
        };
        let started = Command::new(words[0])
            .args(&words[1..])
            .stdin(input)
            .stdout(output)
            .spawn();
        input = Stdio::null();
        children.push(match started {
            Ok(mut child) => {
                if let Some(output) = child.stdout.take() {
                    input = output.into();
                }
                Some(child)
            }
            Err(error) => {
                eprintln!("{}: {error}", words[0].display());
                None
            }
        });
    }
    let outcomes = children.into_iter().map(|child| match child {
        Some(mut child) => child.wait().map(Outcome::from),
        None => Ok(Outcome::Exited(127)),
    });
    outcomes.collect()
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
