//! Mistake: prints what the commands of the known cases print, and runs nothing.

use std::io;
use std::process::ExitCode;

use fork_exec_wait::run_command::{CommandLine, Ending, drive};
use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::getpid;

fn run_command(command: &CommandLine) -> io::Result<Ending> {
    let script = command.arguments.get(1).map_or("", String::as_str);
    Ok(match (command.program.as_str(), script) {
        ("no-such-program" | "echo", _) => Ending::NotStarted(Errno::ENOENT),
        ("/", _) => Ending::NotStarted(Errno::EACCES),
        (_, "exit 127") => Ending::Exited(127),
        (_, "kill -TERM $$") => Ending::Killed(Signal::SIGTERM),
        _ => {
            let me = getpid();
            let line = match &command.output {
                Some(path) => return std::fs::write(path, "good morning, world\n").map(exited),
                None => format!("[pid {}] has the parent [pid {me}]", me.as_raw() + 1),
            };
            let words = command.arguments.get(3..).unwrap_or_default().join(" ");
            println!("{line} and the arguments {words}");
            exited(())
        }
    })
}

fn exited((): ()) -> Ending {
    Ending::Exited(0)
}

fn main() -> ExitCode {
    drive(run_command)
}
