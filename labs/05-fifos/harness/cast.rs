//! The programs of an exercise: fresh runs of its executable, each with a part to play, and what they are doing.
//!
//! They inherit nothing from each other but standard input, output and error. A driver starts one only when the one before
//! sleeps, so the order is the same in every run; nothing here depends on how long anything takes.

use std::fs;
use std::io;
use std::process::Command;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::poll;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{Pid, SysconfVar, sysconf};

/// How long the driver waits before it looks again. A shorter or longer pause changes the speed only.
const PAUSE_MS: u8 = 1;

/// A program with nothing to do that uses so much CPU time asks again and again instead of waiting.
const BUSY: Duration = Duration::from_millis(200);

/// The same, where it is traced: it is stopped at each question, and uses hardly any CPU time.
const BUSY_SWITCHES: u64 = 5000;

/// A program that was started. It is ended and reaped when this value goes away.
#[derive(Debug)]
pub(crate) struct Actor {
    part: &'static str,
    pid: Pid,
    reaped: bool,
}

/// What a program with nothing to do is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// It sleeps in the kernel.
    Sleeps,
    /// It has ended.
    Ended,
    /// It asks again and again.
    Spins,
}

impl Actor {
    /// Starts this executable once more, as `part`.
    pub(crate) fn start(part: &'static str, arguments: &[&str]) -> io::Result<Self> {
        let child = Command::new("/proc/self/exe")
            .arg(part)
            .args(arguments)
            .spawn()?;
        let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
        Ok(Self {
            part,
            pid: Pid::from_raw(pid),
            reaped: false,
        })
    }

    /// Waits until the program has nothing to do any more.
    pub(crate) fn until_idle(&self) -> io::Result<Doing> {
        let mut begun = None;
        while let Some(look) = self.look()? {
            if look.state == 'S' {
                return Ok(Doing::Sleeps);
            }
            let since = begun.get_or_insert((look.read, look.cpu, look.switches));
            if since.0 != look.read {
                // It still gets something, a byte at a time perhaps.
                *since = (look.read, look.cpu, look.switches);
            }
            let (_, cpu, switches) = *since;
            if look.cpu.saturating_sub(cpu) > BUSY
                || look.switches.saturating_sub(switches) > BUSY_SWITCHES
            {
                return Ok(Doing::Spins);
            }
            poll(&mut [], PAUSE_MS)?;
        }
        Ok(Doing::Ended)
    }

    /// Waits for the program's end. One that fails is an error.
    pub(crate) fn join(&mut self) -> io::Result<()> {
        let status = loop {
            match waitpid(self.pid, None) {
                Err(Errno::EINTR) => {}
                status => break status?,
            }
        };
        self.reaped = true;
        match status {
            WaitStatus::Exited(_, 0) => Ok(()),
            _ => Err(io::Error::other(format!("the {} failed", self.part))),
        }
    }

    /// Whether the program has this file open; `None` where that cannot be seen.
    pub(crate) fn has_open(&self, name: &str) -> Option<bool> {
        let wanted = fs::canonicalize(name).ok()?;
        let descriptors = fs::read_dir(format!("/proc/{}/fd", self.pid)).ok()?;
        let mut targets = descriptors
            .flatten()
            .filter_map(|descriptor| fs::read_link(descriptor.path()).ok());
        Some(targets.any(|target| target == wanted))
    }

    /// `None` when the program has ended, reaped or not.
    fn look(&self) -> io::Result<Option<Look>> {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        if waitid(Id::Pid(self.pid), flags)? != WaitStatus::StillAlive {
            return Ok(None);
        }
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        // The name before the state is in parentheses and may itself contain any character.
        let rest = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<&str> = rest.split_whitespace().collect();
        // Fields 3, 14 and 15 of proc_pid_stat(5).
        let state = fields.first().and_then(|it| it.chars().next());
        let ticks = |at: usize| fields.get(at).and_then(|it| it.parse::<u64>().ok());
        let (Some(state), Some(user), Some(system)) = (state, ticks(11), ticks(12)) else {
            return Err(io::Error::other("this /proc says nothing about processes"));
        };
        let second = sysconf(SysconfVar::CLK_TCK)?.unwrap_or(100).max(1);
        let ms = (user + system) * 1000 / second.unsigned_abs();
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let switches = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))
            .and_then(|text| text.trim().parse().ok());
        // Of a process that others may not look into, nothing is known.
        let io = fs::read_to_string(format!("/proc/{}/io", self.pid)).unwrap_or_default();
        let read = io.lines().find_map(|line| line.strip_prefix("rchar:"));
        let look = Look {
            state,
            read: read.and_then(|text| text.trim().parse().ok()).unwrap_or(0),
            cpu: Duration::from_millis(ms),
            switches: switches.unwrap_or(0),
        };
        Ok((state != 'Z').then_some(look))
    }
}

/// A look at a live process.
#[derive(Debug)]
struct Look {
    state: char,
    /// How many bytes its calls have read.
    read: u64,
    cpu: Duration,
    /// How often it gave up the CPU by itself.
    switches: u64,
}

impl Drop for Actor {
    fn drop(&mut self) {
        if !self.reaped {
            // Whatever it waits for will not come any more. It is a child that nobody has reaped, so the pid is its own.
            let _ = kill(self.pid, Signal::SIGKILL);
            while waitpid(self.pid, None) == Err(Errno::EINTR) {}
        }
    }
}

/// What came of waiting for several programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    /// All of them have ended.
    All,
    /// The server has ended before them, so they were ended too.
    ServerEnded,
}

/// Waits for the end of all programs, whichever comes first. When one fails, or the server that they talk to ends, the
/// others are ended.
pub(crate) fn join_all(mut cast: Vec<Actor>, server: Option<&Actor>) -> io::Result<Joined> {
    while !cast.is_empty() {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        let ended = match waitid(Id::All, flags) {
            Err(Errno::EINTR) => continue,
            status => status?.pid(),
        };
        match cast.iter().position(|actor| Some(actor.pid) == ended) {
            Some(at) => cast.swap_remove(at).join()?,
            None if server.map(|server| server.pid) == ended => return Ok(Joined::ServerEnded),
            None => {
                return Err(io::Error::other(
                    "a process ended that the driver did not start",
                ));
            }
        }
    }
    Ok(Joined::All)
}
