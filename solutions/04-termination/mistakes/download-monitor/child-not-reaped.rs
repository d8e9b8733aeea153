//! Mistake: only ever looks (WNOWAIT). That says everything, and takes no zombie away.

use std::io;
use std::process::ExitCode;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
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
    let codes = pids.into_iter().map(peek).collect::<Result<Vec<_>, _>>()?;
    Ok(codes.into_iter().flatten().collect())
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
