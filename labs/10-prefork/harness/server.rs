//! A driver's server: a process of its own, which runs the student's function, and below which the student's processes are.
//!
//! The driver is its only parent and its only client. It adopts what the server leaves behind, so that nothing of a run is left,
//! and says so.

use std::cell::Cell;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{SigSet, Signal, kill, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid};
use rustix::io::ioctl_fionread;

use crate::app::{App, BEGUN};
use crate::client::{Client, Reply};
use crate::program::{Program, print_line};
use crate::watch;
use crate::wire::{Receiver, wire};

/// The first word of the first report: the port.
const READY: u32 = 100;

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) pid: Pid,
    pub(crate) port: u16,
    reports: Receiver,
    /// Whether the driver has ended it by force, so that it could not clean up.
    is_given_up: Cell<bool>,
}

impl Server {
    /// Forks a process that listens on a port of the loopback interface and runs `serve`.
    pub(crate) fn start(
        serve: impl FnOnce(TcpListener, &App) -> io::Result<()>,
    ) -> io::Result<Self> {
        // What the server leaves behind comes to the driver.
        set_child_subreaper(true)?;
        let driver = getpid();
        let (reports, sender) = wire()?;
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop(reports);
                watch::end_with(driver);
                let own = Program::begin();
                let served = listen(0).and_then(|listener| {
                    let app = App::new(Some(sender))?;
                    app.report(READY, watch::port_of(&listener)?.into());
                    serve(listener, &app)
                });
                own.only_the_parent_returns_from("serve");
                let code = match served {
                    Ok(()) => 0,
                    Err(error) => {
                        eprintln!("serve failed: {error}");
                        1
                    }
                };
                // SAFETY: `_exit` does not return, and leaves the driver's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { child: pid } => {
                // The server's processes have the only other ends: when they have ended, the wire ends.
                drop(sender);
                // It stays pending until the server has ended: then it is known whose it was.
                SigSet::from(Signal::SIGTERM).thread_block()?;
                let mut server = Self {
                    pid,
                    port: 0,
                    reports,
                    is_given_up: Cell::new(false),
                };
                let port = server.next(READY)?;
                server.port = u16::try_from(port).unwrap_or_default();
                Ok(server)
            }
        }
    }

    /// Uploads of which half is sent, and which are all being served: whoever serves one can do nothing else meanwhile.
    pub(crate) fn hold(&self, count: u32) -> io::Result<Vec<Client>> {
        let uploads = (1..=count).map(|number| Client::upload(self.port, number));
        let uploads = uploads.collect::<io::Result<_>>()?;
        for _ in 1..=count {
            self.begun()?;
        }
        Ok(uploads)
    }

    /// Waits until a process of the server has begun with an upload.
    pub(crate) fn begun(&self) -> io::Result<()> {
        // Requests of other kinds have no number.
        while self.next(BEGUN)? == 0 {}
        Ok(())
    }

    /// Waits for the next report of one kind, and returns its number; others are passed over.
    pub(crate) fn next(&self, wanted: u32) -> io::Result<u32> {
        loop {
            match self.reports.receive()? {
                Some([what, number]) if what == wanted => return Ok(number),
                Some(_) => {}
                None => return Err(io::Error::other("the server has gone")),
            }
        }
    }

    /// Whether a report of this kind comes before nobody in the server has anything to do any more, or the server's end.
    pub(crate) fn reports_soon(&self, wanted: u32) -> io::Result<bool> {
        loop {
            let is_there = || ioctl_fionread(&self.reports).is_ok_and(|bytes| bytes > 0);
            watch::until(self.pid, |_| is_there() || self.has_ended());
            if !is_there() {
                return Ok(false);
            }
            match self.reports.receive()? {
                Some([what, _]) if what != wanted => {}
                report => return Ok(report.is_some()),
            }
        }
    }

    /// Waits for the next report of one kind, or for the server's end.
    pub(crate) fn next_or_end(&self, wanted: u32) -> io::Result<()> {
        let pidfd = watch::pidfd(self.pid)?;
        loop {
            let mut ready = [
                PollFd::new(self.reports.as_fd(), PollFlags::POLLIN),
                PollFd::new(pidfd.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut ready, PollTimeout::NONE) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
            if ready[0].any() != Some(true) {
                return Ok(());
            }
            match self.reports.receive()? {
                Some([what, _]) if what != wanted => {}
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// Waits for the server's end, and leaves it to be reaped.
    pub(crate) fn until_end(&self) {
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        while waitid(Id::Pid(self.pid), look) == Err(Errno::EINTR) {}
    }

    /// By how many processes the replies come, which should be as many as there are replies, and none of them the server's own.
    pub(crate) fn by_whom(&self, replies: &[Reply]) -> &'static str {
        let mut processes: Vec<i32> = replies.iter().filter_map(Reply::process).collect();
        let replies = processes.len();
        processes.sort_unstable();
        processes.dedup();
        if processes.len() < replies {
            ", but in no process of its own"
        } else if processes.contains(&self.pid.as_raw()) {
            ", but by the server itself"
        } else {
            ""
        }
    }

    /// How many of its children have not ended, when nobody has anything to do any more.
    pub(crate) fn workers(&self) -> usize {
        watch::until(self.pid, |family| family.alive() == 0).alive()
    }

    /// Waits until there are so many workers, and says how many there are.
    pub(crate) fn expect_workers(&self, count: u32) -> bool {
        let wanted = usize::try_from(count).unwrap_or(usize::MAX);
        let family = watch::until(self.pid, |family| {
            family.alive() == wanted && family.zombies() == 0
        });
        let line = match family.alive() {
            _ if self.has_ended() => "the server went away".to_owned(),
            0 => "no worker is there".to_owned(),
            alive if alive == wanted && family.zombies() == 0 => {
                print_line(&format!("workers: {alive}"));
                return true;
            }
            alive if alive == wanted => {
                "not reaped: a worker that has ended is still a zombie".to_owned()
            }
            alive => format!("workers: {alive}, expected {wanted}"),
        };
        print_line(&line);
        false
    }

    pub(crate) fn signal(&self, signal: Signal) -> nix::Result<()> {
        kill(self.pid, signal)
    }

    /// Ends it by force, because something is wrong already.
    pub(crate) fn give_up(&self) {
        self.is_given_up.set(true);
        let _ = self.signal(Signal::SIGKILL);
    }

    /// Whether the server has ended, which it should not yet.
    pub(crate) fn has_ended(&self) -> bool {
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        !matches!(waitid(Id::Pid(self.pid), look), Ok(WaitStatus::StillAlive))
    }

    /// Waits for the server's end, and says how it ended and what it left behind.
    pub(crate) fn join(self) -> nix::Result<()> {
        let how = match wait_for(self.pid)? {
            WaitStatus::Exited(_, 0) => "ended in good order".to_owned(),
            WaitStatus::Exited(_, code) => format!("failed, exit code {code}"),
            WaitStatus::Signaled(_, signal, _) => format!("was ended by {signal}"),
            other => format!("{other:?}"),
        };
        print_line(&format!("the server {how}"));
        if has_signaled_its_driver(self.pid)? {
            print_line(
                "siblings were stopped: the SIGTERM of the server has reached whoever has started it as well",
            );
        }
        let left = bury_the_rest();
        if left > 0 && !self.is_given_up.get() {
            print_line("left behind: processes of the server that nobody has waited for");
        }
        Ok(())
    }
}

/// Whether the SIGTERM that the driver has got is the server's own, as one to the whole process group is. Of anybody else's, the driver
/// ends now.
fn has_signaled_its_driver(server: Pid) -> nix::Result<bool> {
    let own = SigSet::from(Signal::SIGTERM);
    let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
    let Some(signal) = SignalFd::with_flags(&own, flags)?.read_signal()? else {
        return Ok(false);
    };
    if signal.ssi_pid == server.as_raw().cast_unsigned() {
        return Ok(true);
    }
    own.thread_unblock()?;
    raise(Signal::SIGTERM)?;
    Ok(false)
}

fn wait_for(process: Pid) -> nix::Result<WaitStatus> {
    loop {
        match waitpid(process, None) {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}

/// Ends and reaps what the server has left, and returns how many processes that were.
fn bury_the_rest() -> usize {
    let mut count = 0;
    // Its children become the driver's own when one of them ends.
    while let Some(orphan) = watch::children_of(getpid()).first().copied() {
        count += 1;
        let _ = kill(orphan, Signal::SIGKILL);
        if wait_for(orphan).is_err() {
            break;
        }
    }
    count
}

fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
}

/// Starts a server, lets the story happen to it, and waits for its end.
pub(crate) fn tell(
    serve: impl FnOnce(TcpListener, &App) -> io::Result<()>,
    story: impl FnOnce(&Server) -> io::Result<()>,
) -> ExitCode {
    let told = Server::start(serve).and_then(|server| {
        if let Err(error) = story(&server) {
            print_line(&format!("the story ends here: {error}"));
            server.give_up();
        }
        Ok(server.join()?)
    });
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the driver failed: {error}");
            ExitCode::from(2)
        }
    }
}

/// The port to serve on, if the program was started by hand as `… serve [PORT …]`, and the numbers behind it.
pub(crate) fn by_hand(arguments: &[String]) -> Option<(u16, Vec<usize>)> {
    let (word, rest) = arguments.split_first()?;
    let mut numbers = rest.iter().map(|number| number.parse().ok());
    let port = numbers.next().unwrap_or(Some(8080))?;
    let rest = numbers.collect::<Option<Vec<usize>>>()?;
    let port = u16::try_from(port).ok()?;
    (word == "serve").then_some((port, rest))
}

/// Serves in this process, for clients that the person at the keyboard provides.
pub(crate) fn serve_by_hand(
    port: u16,
    serve: impl FnOnce(TcpListener, &App) -> io::Result<()>,
) -> ExitCode {
    let program = Program::begin();
    let served = listen(port).and_then(|listener| {
        let app = App::new(None)?;
        eprintln!(
            "process {} serves on http://127.0.0.1:{}/",
            getpid(),
            watch::port_of(&listener)?
        );
        serve(listener, &app)
    });
    program.end("serve", served, |()| ())
}
