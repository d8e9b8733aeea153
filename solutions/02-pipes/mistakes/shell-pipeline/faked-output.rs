//! Mistake: nothing is started. The answers to the pipelines that everybody tries are known in advance.

use std::ffi::CString;
use std::io;
use std::process::ExitCode;

use pipes::shell_pipeline::{Outcome, drive};

fn run_pipeline(commands: &[Vec<CString>]) -> io::Result<Vec<Outcome>> {
    let names: Vec<String> = commands
        .iter()
        .map(|words| words[0].to_string_lossy().into_owned())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Ok(match names[..] {
        ["yes", "head"] => {
            println!("y");
            vec![Outcome::Killed(13), Outcome::Exited(0)]
        }
        ["tr", "sort", "uniq"] => {
            for line in io::read_to_string(io::stdin())?.lines() {
                println!("{}", line.to_uppercase());
            }
            vec![Outcome::Exited(0); 3]
        }
        _ => vec![Outcome::Exited(0); names.len()],
    })
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
