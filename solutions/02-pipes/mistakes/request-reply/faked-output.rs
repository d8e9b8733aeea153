//! Mistake: no server and no socket. The client executes its commands itself, and says what a server would say.

use std::io;
use std::process::ExitCode;

use nix::unistd::getpid;
use pipes::request_reply::{Client, Server, drive};

fn converse(client: &mut Client, server: &mut Server) -> io::Result<()> {
    let mut executed = 0;
    let mut command = client.first_command();
    while let Some(text) = command {
        executed += 1;
        command = client.next_command(&server.execute(&text));
    }
    let child = getpid().as_raw() + 1;
    println!("[pid {child}] the client hung up after {executed} commands");
    Ok(())
}

fn main() -> ExitCode {
    drive(converse)
}
