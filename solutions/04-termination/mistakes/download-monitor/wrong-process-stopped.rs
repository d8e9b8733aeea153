//! Mistake: takes who has ended out of the list, and finds the process to stop by the place of its name in another list. The places have
//! moved by then.

use std::io;
use std::process::ExitCode;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use termination::download_monitor::{Download, Order, Panel, drive};

fn code(status: WaitStatus) -> Option<i32> {
    match status {
        WaitStatus::Exited(_, code) => Some(code),
        WaitStatus::Signaled(_, signal, _) => Some(-(signal as i32)),
        _ => None,
    }
}

fn monitor_downloads(downloads: &[Download], panel: &mut Panel) -> io::Result<Vec<i32>> {
    let mut running: Vec<(&str, Pid)> = Vec::new();
    let mut codes: Vec<(&str, i32)> = Vec::new();
    for download in downloads {
        running.push((download.name(), start(download)?));
    }
    while let Some(order) = panel.next_order()? {
        match order {
            Order::Look => {
                for (name, pid) in std::mem::take(&mut running) {
                    match code(waitpid(pid, Some(WaitPidFlag::WNOHANG))?) {
                        Some(code) => codes.push((name, code)),
                        None => running.push((name, pid)),
                    }
                }
                for download in downloads {
                    let name = download.name();
                    panel.show(name, running.iter().any(|(it, _)| *it == name));
                }
            }
            Order::Cancel(name) => {
                let place = downloads.iter().position(|it| it.name() == name);
                let pid = place
                    .and_then(|place| running.get(place))
                    .or(running.last());
                if let Some((_, pid)) = pid {
                    kill(*pid, Signal::SIGTERM)?;
                }
            }
        }
    }
    for (name, pid) in running {
        codes.extend(code(waitpid(pid, None)?).map(|code| (name, code)));
    }
    let of = |name: &str| {
        codes
            .iter()
            .find(|(it, _)| *it == name)
            .map(|(_, code)| *code)
    };
    Ok(downloads.iter().filter_map(|it| of(it.name())).collect())
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
