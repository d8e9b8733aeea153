//! Mistake: a look waits for the end of the first download that is still alive, because WNOHANG is missing.

use std::io;
use std::process::ExitCode;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use termination::download_monitor::{Download, Order, Panel, drive};

fn monitor_downloads(downloads: &[Download], panel: &mut Panel) -> io::Result<Vec<i32>> {
    let mut children = Vec::new();
    for download in downloads {
        children.push((start(download)?, None));
    }
    while let Some(order) = panel.next_order()? {
        for (download, (pid, code)) in downloads.iter().zip(&mut children) {
            match &order {
                Order::Look => {
                    learn(*pid, code)?;
                    panel.show(download.name(), code.is_none());
                }
                Order::Cancel(name) if name == download.name() => kill(*pid, Signal::SIGTERM)?,
                Order::Cancel(_) => {}
            }
        }
    }
    for (pid, code) in &mut children {
        learn(*pid, code)?;
    }
    Ok(children.into_iter().filter_map(|(_, code)| code).collect())
}

/// Learns how a child has ended, unless it is known already.
fn learn(pid: Pid, code: &mut Option<i32>) -> nix::Result<()> {
    if code.is_none() {
        *code = match waitpid(pid, None)? {
            WaitStatus::Exited(_, code) => Some(code),
            WaitStatus::Signaled(_, signal, _) => Some(-(signal as i32)),
            _ => None,
        };
    }
    Ok(())
}

fn start(download: &Download) -> nix::Result<Pid> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            download.run();
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(0) }
        }
        ForkResult::Parent { child } => Ok(child),
    }
}

fn main() -> ExitCode {
    drive(monitor_downloads)
}
