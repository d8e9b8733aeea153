//! Reference answer of `download-monitor`.

use std::io;
use std::process::ExitCode;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use termination::download_monitor::{Download, Order, Panel, drive};

/// A child, under the name of its download for as long as the monitor runs.
struct Child<'a> {
    name: &'a str,
    pid: Pid,
    /// Set when it is reaped. From then on the pid is not ours any more.
    code: Option<i32>,
}

impl Child<'_> {
    /// Asks the kernel how the child has ended, unless it has said so before: it does so once.
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
        children.push(start(download)?);
    }
    while let Some(order) = panel.next_order()? {
        match order {
            Order::Look => {
                for child in &mut children {
                    panel.show(child.name, child.is_alive()?);
                }
            }
            Order::Cancel(name) => {
                // Found by its name: nobody is ever taken out of the list, so no place in it changes its owner.
                for child in children.iter_mut().filter(|child| child.name == name) {
                    // Only who is not reaped has a pid that a signal may be sent to.
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

fn start(download: &Download) -> nix::Result<Child<'_>> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            download.run();
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(0) }
        }
        ForkResult::Parent { child } => Ok(Child {
            name: download.name(),
            pid: child,
            code: None,
        }),
    }
}

fn main() -> ExitCode {
    drive(monitor_downloads)
}
