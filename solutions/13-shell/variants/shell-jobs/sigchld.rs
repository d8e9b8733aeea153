//! The shell sleeps until SIGCHLD comes, which is blocked wherever the list may not be complete.

use std::io;
use std::os::fd::BorrowedFd;

use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal};
use nix::sys::signal::{killpg, sigaction, sigprocmask};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, setpgid};
use shell::program::print_line;
use shell::{Command, Line, Shell, State};

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

/// A signal without a handler would not end `sigsuspend`. What is to be done is done outside of it.
extern "C" fn wake(_signal: i32) {}

/// Waits until something has become of a child, and takes note of it. SIGCHLD is blocked but for the time of the sleep, so that none
/// comes between the look and the sleep.
fn sleep_while(shell: &mut Shell, waits: impl Fn(&Shell) -> bool) -> io::Result<()> {
    let action = SigAction::new(SigHandler::Handler(wake), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler does nothing.
    unsafe { sigaction(Signal::SIGCHLD, &action) }?;
    let children = SigSet::from(Signal::SIGCHLD);
    let mut before = SigSet::empty();
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&children), Some(&mut before))?;
    loop {
        update(shell)?;
        if !waits(shell) {
            break;
        }
        before.suspend()?;
    }
    Ok(sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?)
}

pub fn run(line: &Line, shell: &mut Shell) -> io::Result<i32> {
    let terminal = shell.terminal();
    let placement = Placement {
        foreground: terminal.filter(|_| !line.background),
        in_terminal: terminal.is_some(),
    };
    let processes = pipes::start(&line.commands, Some(&placement))?;
    // Nobody is reaped between fork and here: who has ended meanwhile waits, as a zombie, to be asked for.
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
    let is_running = |shell: &Shell| shell.jobs.get(number).is_some_and(|job| job.is_running());
    sleep_while(shell, is_running)?;
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

/// Takes note of what a wait has reported; false where it has reported nobody.
fn note(waited: nix::Result<WaitStatus>, shell: &mut Shell) -> io::Result<bool> {
    match waited.map(State::of) {
        Ok(Some((pid, state))) => {
            shell.jobs.note(pid, state);
            Ok(true)
        }
        Ok(None) => Ok(false),
        Err(Errno::EINTR) => Ok(true),
        Err(errno) => Err(errno.into()),
    }
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
            sleep_while(shell, |shell| shell.jobs.iter().any(|job| job.is_running()))?;
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
    let flags = WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED | WaitPidFlag::WCONTINUED;
    loop {
        match waitpid(None, Some(flags)) {
            // There are no children.
            Err(Errno::ECHILD) => return Ok(()),
            waited => {
                if !note(waited, shell)? {
                    return Ok(());
                }
            }
        }
    }
}
