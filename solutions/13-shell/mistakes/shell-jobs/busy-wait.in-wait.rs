//! `wait` looks at all jobs again and again.

use std::io;
use std::os::fd::BorrowedFd;

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
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
    while shell.jobs.get(number).is_some_and(|job| job.is_running()) {
        // WUNTRACED: or the shell would wait for ever for a job that Ctrl-Z has stopped.
        let of_group = Pid::from_raw(-group.as_raw());
        note(waitpid(of_group, Some(WaitPidFlag::WUNTRACED)), shell)?;
    }
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
            while shell.jobs.iter().any(|job| job.is_running()) {
                update(shell)?;
            }
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
