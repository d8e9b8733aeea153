//! Mistake: the number is kept. Before it is used somebody looks whether it is still there, as if it could not change hands then.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use zombies_orphans::pid_reuse::drive;

type Handle = Pid;

fn find(child: Pid) -> io::Result<Handle> {
    Ok(child)
}

fn send(handle: &Handle, signal: Signal) -> io::Result<bool> {
    if !Path::new(&format!("/proc/{handle}")).exists() {
        return Ok(false);
    }
    kill(*handle, signal)?;
    Ok(true)
}

fn main() -> ExitCode {
    drive(find, send)
}
