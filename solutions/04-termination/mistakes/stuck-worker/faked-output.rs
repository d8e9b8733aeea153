//! Mistake: no workers, nobody stopped: the lines of a right run.

use std::process::ExitCode;

use nix::unistd::getpid;

fn main() -> ExitCode {
    let kinds: Vec<String> = std::env::args().skip(1).collect();
    let numbered = || (1..).zip(&kinds);
    for (number, kind) in numbered() {
        let code = match kind.as_str() {
            "stuck" => -9,
            "ended" => 3,
            "obeys" => {
                let pid = getpid().as_raw() + number;
                println!("[pid {pid}] was asked to end, cleans up and ends");
                0
            }
            _ => continue,
        };
        println!("worker {number} ({kind}): exit code {code}");
    }
    for (number, _) in numbered().filter(|(_, kind)| *kind == "other") {
        println!("[pid {}] has done its work", getpid().as_raw() + number);
        println!("worker {number} (other): exit code 0");
    }
    ExitCode::SUCCESS
}
