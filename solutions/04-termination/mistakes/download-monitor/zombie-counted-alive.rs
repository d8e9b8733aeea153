//! Mistake: `kill(pid, 0)` as a test of life. It answers whether there is such a process, and a zombie is one.

use std::io;
use std::process::ExitCode;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use termination::download_monitor::{Download, Order, Panel, drive};

fn monitor_downloads(downloads: &[Download], panel: &mut Panel) -> io::Result<Vec<i32>> {
    let mut pids = Vec::new();
    for download in downloads {
        pids.push(start(download)?);
    }
    while let Some(order) = panel.next_order()? {
        for (download, pid) in downloads.iter().zip(&pids) {
            match &order {
                Order::Look => panel.show(download.name(), kill(*pid, None).is_ok()),
                Order::Cancel(name) if name == download.name() => kill(*pid, Signal::SIGTERM)?,
                Order::Cancel(_) => {}
            }
        }
    }
    let mut codes = Vec::new();
    for pid in pids {
        codes.push(match waitpid(pid, None)? {
            WaitStatus::Exited(_, code) => code,
            WaitStatus::Signaled(_, signal, _) => -(signal as i32),
            other => return Err(io::Error::other(format!("unexpected {other:?}"))),
        });
    }
    Ok(codes)
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
