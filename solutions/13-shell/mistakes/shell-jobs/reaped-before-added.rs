//! A handler of SIGCHLD reaps whoever has ended, in the list or not.

use std::io;
use std::os::fd::BorrowedFd;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal};
use nix::sys::signal::{killpg, sigaction, sigprocmask};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{Pid, setpgid};
use shell::program::print_line;
use shell::{Command, Jobs, Line, Shell, State};

use crate::{complain, pipes, signals};

/// Where the processes of a job belong: into a group of their own, and in the foreground into the terminal's.
pub struct Placement {
    /// The terminal, for a job in the foreground.
    foreground: Option<BorrowedFd<'static>>,
    /// Whether the shell is used in a terminal, and so has changed its signals.
    in_terminal: bool,
}

impl Placement {
    /// In the parent: it must not go on before the child is in its group, or it could signal a group that is not there yet.
    pub fn place(&self, child: Pid, leader: Option<Pid>) -> io::Result<()> {
        match setpgid(child, leader.unwrap_or(child)) {
            // The child has done it and executed its program, or has already ended.
            Ok(()) | Err(Errno::EACCES | Errno::ESRCH) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// In the child: its program must not run before it is in its group.
    pub fn place_child(&self, leader: Option<Pid>) -> io::Result<()> {
        let own = Pid::this();
        setpgid(own, leader.unwrap_or(own))?;
        if let Some(terminal) = self.foreground {
            // Before the default actions are back: SIGTTOU would stop whoever does this from the background.
            signals::hand_over(terminal, leader.unwrap_or(own))?;
        }
        if self.in_terminal {
            signals::reset()?;
        }
        Ok(())
    }
}

/// The list, for the handler.
static LIST: AtomicPtr<Jobs> = AtomicPtr::new(null_mut());

extern "C" fn reap(_signal: i32) {
    let flags = WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED | WaitPidFlag::WCONTINUED;
    while let Ok(status) = waitpid(None, Some(flags)) {
        let Some((pid, state)) = State::of(status) else {
            return;
        };
        // SAFETY: the list lives as long as the shell, which has one thread.
        if let Some(jobs) = unsafe { LIST.load(Ordering::Relaxed).as_mut() } {
            jobs.note(pid, state);
        }
    }
}

/// From now on whoever ends is reaped at once.
fn install(shell: &mut Shell) -> io::Result<()> {
    if LIST.swap(&raw mut shell.jobs, Ordering::Relaxed).is_null() {
        let handler = SigHandler::Handler(reap);
        let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
        // SAFETY: the handler calls waitpid and writes to the list, nothing else.
        unsafe { sigaction(Signal::SIGCHLD, &action) }?;
    }
    Ok(())
}

/// Sleeps until the handler has run, as long as this job, or any, is running.
fn sleep_while_running(number: Option<usize>, shell: &Shell) -> io::Result<()> {
    let mut children = SigSet::empty();
    children.add(Signal::SIGCHLD);
    let mut before = SigSet::empty();
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&children), Some(&mut before))?;
    let waits = |job: &shell::Job| job.is_running() && number.is_none_or(|it| it == job.number);
    while shell.jobs.iter().any(waits) {
        let _ = SigSet::empty().suspend();
    }
    Ok(sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?)
}

pub fn run(line: &Line, shell: &mut Shell) -> io::Result<i32> {
    install(shell)?;
    let terminal = shell.terminal();
    let placement = Placement {
        foreground: terminal.filter(|_| !line.background),
        in_terminal: terminal.is_some(),
    };
    let processes = pipes::start(&line.commands, Some(&placement))?;
    let number = shell.jobs.add(&processes, &line.text);
    if line.background {
        shell.jobs.tell(number);
        return Ok(0);
    }
    in_foreground(number, processes[0], shell)
}

/// Waits until no process of the job runs.
fn in_foreground(number: usize, group: Pid, shell: &mut Shell) -> io::Result<i32> {
    if let Some(terminal) = shell.terminal() {
        signals::hand_over(terminal, group)?;
    }
    sleep_while_running(Some(number), shell)?;
    if let Some(terminal) = shell.terminal() {
        signals::take_back(terminal)?;
    }
    let state = shell.jobs.get(number).map(|job| job.state());
    let state = state.unwrap_or(State::Exited(0));
    if state.is_over() {
        shell.jobs.forget(number);
    }
    Ok(state.status())
}

pub fn builtin(command: &Command, shell: &mut Shell) -> io::Result<Option<i32>> {
    match command.name() {
        "jobs" => {
            update(shell)?;
            let numbers: Vec<usize> = shell.jobs.iter().map(|job| job.number).collect();
            for number in numbers {
                shell.jobs.tell(number);
            }
            Ok(Some(0))
        }
        "wait" => {
            sleep_while_running(None, shell)?;
            Ok(Some(0))
        }
        name @ ("fg" | "bg") => {
            let argument = command.arguments().first().map(String::as_str);
            let Some(job) = shell.jobs.find(argument) else {
                return Ok(Some(complain(name, "there is no such job")));
            };
            let (number, group) = (job.number, job.group());
            resume(name == "fg", number, group, shell).map(Some)
        }
        _ => Ok(None),
    }
}

fn resume(foreground: bool, number: usize, group: Pid, shell: &mut Shell) -> io::Result<i32> {
    // The list is told first, and so is the person: what the job prints comes after that.
    shell.jobs.note_continued(number);
    if !foreground {
        shell.jobs.tell(number);
        killpg(group, Signal::SIGCONT)?;
        return Ok(0);
    }
    let text = shell.jobs.get(number).map(|job| job.text.clone());
    print_line(&text.unwrap_or_default());
    if let Some(terminal) = shell.terminal() {
        // Before it goes on: it may read at once.
        signals::hand_over(terminal, group)?;
    }
    killpg(group, Signal::SIGCONT)?;
    in_foreground(number, group, shell)
}

pub fn update(shell: &mut Shell) -> io::Result<()> {
    // The handler does it, as soon as there is something to do.
    install(shell)
}
