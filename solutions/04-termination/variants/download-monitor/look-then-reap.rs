//! Variant: looks with WNOWAIT, which leaves the zombies, and their numbers, where they are; reaps all of them at the end.

use std::io;
use std::process::ExitCode;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
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
                Order::Look => panel.show(download.name(), peek(*pid)?.is_none()),
                Order::Cancel(name) if name == download.name() => kill(*pid, Signal::SIGTERM)?,
                Order::Cancel(_) => {}
            }
        }
    }
    let mut codes = Vec::new();
    for pid in pids {
        // Still a zombie, so it is still ours. The answer is the same as before, and this time it is the last.
        let code = match waitpid(pid, None)? {
            WaitStatus::Exited(_, code) => code,
            WaitStatus::Signaled(_, signal, _) => -(signal as i32),
            other => return Err(io::Error::other(format!("unexpected {other:?}"))),
        };
        codes.push(code);
    }
    Ok(codes)
}

fn peek(pid: Pid) -> nix::Result<Option<i32>> {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    Ok(match waitid(Id::Pid(pid), flags)? {
        WaitStatus::Exited(_, code) => Some(code),
        WaitStatus::Signaled(_, signal, _) => Some(-(signal as i32)),
        _ => None,
    })
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
