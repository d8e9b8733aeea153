//! Variant: a table by pid. Each look first takes in everybody who has ended, in whatever order, until nobody else has.

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use termination::download_monitor::{Download, Order, Panel, drive};

/// The code of each child that has ended, and nothing for one that has not.
type Table<'a> = BTreeMap<Pid, (&'a str, Option<i32>)>;

fn monitor_downloads(downloads: &[Download], panel: &mut Panel) -> io::Result<Vec<i32>> {
    let mut table = Table::new();
    for download in downloads {
        table.insert(start(download)?, (download.name(), None));
    }
    let code_of = |table: &Table<'_>, name: &str| {
        table
            .values()
            .find(|(it, _)| *it == name)
            .and_then(|(_, code)| *code)
    };
    while let Some(order) = panel.next_order()? {
        take_in(&mut table, Some(WaitPidFlag::WNOHANG))?;
        match order {
            Order::Look => {
                for download in downloads {
                    panel.show(download.name(), code_of(&table, download.name()).is_none());
                }
            }
            Order::Cancel(name) => {
                let mut children = table.iter();
                if let Some((pid, (_, None))) = children.find(|(_, (it, _))| *it == name) {
                    kill(*pid, Signal::SIGTERM)?;
                }
            }
        }
    }
    take_in(&mut table, None)?;
    let codes = downloads.iter().filter_map(|it| code_of(&table, it.name()));
    Ok(codes.collect())
}

fn take_in(table: &mut Table<'_>, flags: Option<WaitPidFlag>) -> nix::Result<()> {
    loop {
        let (pid, code) = match waitpid(None, flags) {
            Ok(WaitStatus::Exited(pid, code)) => (pid, code),
            Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, -(signal as i32)),
            Ok(_) | Err(Errno::ECHILD) => return Ok(()),
            Err(errno) => return Err(errno),
        };
        if let Some((_, known)) = table.get_mut(&pid) {
            *known = Some(code);
        }
    }
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
