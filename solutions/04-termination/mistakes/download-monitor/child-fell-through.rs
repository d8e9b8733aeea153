//! Mistake: a child whose download is complete returns, as its parent does.

use std::io;
use std::process::ExitCode;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use termination::download_monitor::{Download, Order, Panel, drive};

struct Child<'a> {
    name: &'a str,
    pid: Pid,
    code: Option<i32>,
}

impl Child<'_> {
    fn ask(&mut self, flags: WaitPidFlag) -> io::Result<Option<i32>> {
        if self.code.is_none() {
            self.code = match waitpid(self.pid, Some(flags))? {
                WaitStatus::Exited(_, code) => Some(code),
                WaitStatus::Signaled(_, signal, _) => Some(-(signal as i32)),
                _ => None, // alive
            };
        }
        Ok(self.code)
    }

    fn is_alive(&mut self) -> io::Result<bool> {
        Ok(self.ask(WaitPidFlag::WNOHANG)?.is_none())
    }
}

fn monitor_downloads(downloads: &[Download], panel: &mut Panel) -> io::Result<Vec<i32>> {
    let mut children = Vec::new();
    for download in downloads {
        match start(download)? {
            Some(child) => children.push(child),
            None => return Ok(vec![0; downloads.len()]),
        }
    }
    while let Some(order) = panel.next_order()? {
        match order {
            Order::Look => {
                for child in &mut children {
                    panel.show(child.name, child.is_alive()?);
                }
            }
            Order::Cancel(name) => {
                for child in children.iter_mut().filter(|child| child.name == name) {
                    if child.is_alive()? {
                        kill(child.pid, Signal::SIGTERM)?;
                    }
                }
            }
        }
    }
    let mut codes = Vec::new();
    for child in &mut children {
        let code = child.ask(WaitPidFlag::empty())?;
        codes.push(code.ok_or_else(|| io::Error::other("waitpid reported no end"))?);
    }
    Ok(codes)
}

fn start(download: &Download) -> nix::Result<Option<Child<'_>>> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            download.run();
            Ok(None)
        }
        ForkResult::Parent { child } => Ok(Some(Child {
            name: download.name(),
            pid: child,
            code: None,
        })),
    }
}

fn main() -> ExitCode {
    drive(monitor_downloads)
}
