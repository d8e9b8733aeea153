//! Driver of `daemon-workers`: has a main program start its workers, and watches how all of them end.
//!
//! Usage: `daemon-workers [HOW [WORKER…]]` (default: `returns logger:daemon backup-1 backup-2`). A WORKER is a name of up to 15
//! characters, with `:daemon` behind it where it is one; at most 8. HOW the main program ends:
//!
//! - `returns`: by itself, when the workers that are no daemons have done their work.
//! - `killed`: by SIGKILL, while all workers are at work.
//! - `killed-at-birth`: by SIGKILL, when its first child has been born and has not executed anything of its own yet.
//!
//! Three generations: the driver, the main program, its workers. The driver is a subreaper: whoever loses the main program gets the
//! driver as its parent, so nothing is left behind.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::prctl::{get_name, set_child_subreaper};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid};

use crate::program::{Program, print_line, say};
use crate::watch;
use crate::wire::{Receiver, Sender, wire};

mod birth;
mod plan;

use plan::{How, Plan};

/// How long a daemon may take to end, on the busiest machine. Only one that does not end takes so long.
const LONGEST_END: Duration = Duration::from_secs(3);

/// How often the driver looks whether the main program has come to rest.
const LOOK: Duration = Duration::from_millis(10);

/// After this time a main program is taken for one that does not sleep while it waits.
const LONGEST_WAY_TO_SLEEP: Duration = Duration::from_secs(2);

/// What the student writes: the main program. Starts a process for each worker, waits for those that are no daemons, ends those
/// that are.
pub type RunMain = fn(workers: &[Worker]) -> io::Result<()>;

/// What a process is to do.
pub struct Worker {
    name: String,
    is_daemon: bool,
    index: u32,
    main: Pid,
    reports: Sender,
    /// The driver says here that the work is done.
    done: Receiver,
}

impl Worker {
    /// The name that the process is to have.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it ends with the main program.
    #[must_use]
    pub fn is_daemon(&self) -> bool {
        self.is_daemon
    }

    /// Works, in the calling process. Returns when the work is done; that of a daemon is never done.
    pub fn run(&self) {
        if getpid() == self.main {
            say(&format!("{} works in no process of its own", self.name));
            end(1);
        }
        let is_named = get_name().is_ok_and(|name| name.as_bytes() == self.name.as_bytes());
        let report = if is_named { NAMED } else { UNNAMED };
        let pid = getpid().as_raw().cast_unsigned();
        if self.reports.send([report, self.index, pid]).is_err() {
            end(1);
        }
        match self.done.receive() {
            Ok(Some(_)) => {}
            // The driver is gone.
            _ => end(1),
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let daemon = if self.is_daemon { ":daemon" } else { "" };
        write!(f, "{}{daemon}", self.name)
    }
}

// What is reported: a worker is at work, under its name or another one; a child is born and waits.
const NAMED: u32 = 1;
const UNNAMED: u32 = 2;
const BORN: u32 = 3;

fn end(code: i32) -> ! {
    // SAFETY: `_exit` ends this process without running anything else of it.
    unsafe { nix::libc::_exit(code) }
}

/// Runs the exercise.
#[must_use]
pub fn drive(run_main: RunMain) -> ExitCode {
    let plan = match Plan::of_arguments() {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("usage: daemon-workers [HOW [WORKER…]]: {error}");
            return ExitCode::from(2);
        }
    };
    match lead(run_main, &plan) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the driver failed: {error}");
            ExitCode::from(2)
        }
    }
}

fn lead(run_main: RunMain, plan: &Plan) -> nix::Result<()> {
    set_child_subreaper(true)?;
    let driver = getpid();
    let (reports, reporter) = wire()?;
    let (gate, opener) = wire()?;
    let mut ends = Vec::new();
    for _ in &plan.workers {
        ends.push(wire()?);
    }
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let main = match unsafe { fork() }? {
        ForkResult::Child => {
            watch::end_with(driver);
            // The driver's ends are the driver's alone: with them its own end is seen by the workers.
            drop((reports, opener));
            let done: Vec<Receiver> = ends.into_iter().map(|(receiver, _)| receiver).collect();
            be_the_main_program(run_main, plan, done, reporter, gate)
        }
        ForkResult::Parent { child } => child,
    };
    let done = ends.into_iter().map(|(_, sender)| sender).collect();
    drop((reporter, gate));
    print_line(&format!("the main program is [pid {main}]"));
    let mut lead = Lead {
        plan,
        main,
        main_pidfd: watch::pidfd(main)?,
        at_work: plan.workers.iter().map(|_| None).collect(),
        done,
    };
    match plan.how {
        How::KilledAtBirth => lead.kill_main_at_birth(&reports, &opener)?,
        How::Returns | How::Killed if !lead.all_begin(&reports)? => {}
        How::Returns => lead.let_main_return()?,
        How::Killed => lead.kill_main()?,
    }
    lead.clear_away();
    Ok(())
}

fn be_the_main_program(
    run_main: RunMain,
    plan: &Plan,
    done: Vec<Receiver>,
    reporter: Sender,
    gate: Receiver,
) -> ! {
    let program = Program::begin();
    let mut workers = Vec::new();
    for (index, (specified, done)) in (0_u32..).zip(plan.workers.iter().zip(done)) {
        let Ok(reports) = reporter.try_clone() else {
            end(1)
        };
        workers.push(Worker {
            name: specified.name.clone(),
            is_daemon: specified.is_daemon,
            index,
            main: getpid(),
            reports,
            done,
        });
    }
    if plan.how == How::KilledAtBirth {
        birth::hold_both(reporter, gate);
    }
    let result = run_main(&workers);
    program.only_the_parent_returns_from("run_main");
    let code = match result {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("run_main failed: {error}");
            1
        }
    };
    end(code)
}

/// The driver while the main program and its workers live.
struct Lead<'a> {
    plan: &'a Plan,
    main: Pid,
    main_pidfd: OwnedFd,
    /// The processes that are at work.
    at_work: Vec<Option<Process>>,
    /// Lets the work of each be done.
    done: Vec<Sender>,
}

struct Process {
    pid: Pid,
    pidfd: OwnedFd,
    is_named: bool,
}

impl Lead<'_> {
    /// Waits until all workers are at work, and presents them. False, if the main program has ended before.
    fn all_begin(&mut self, reports: &Receiver) -> nix::Result<bool> {
        while self.at_work.iter().any(Option::is_none) {
            let has_come =
                watch::first_readable(&[reports.as_fd(), self.main_pidfd.as_fd()], None)?;
            let report = if has_come == Some(0) {
                reports.receive()?
            } else {
                None
            };
            let Some([report, index, pid]) = report else {
                print_line("the main program did not wait for its workers to be at work");
                self.tell_of_mains_end("the main program")?;
                return Ok(false);
            };
            let pid = Pid::from_raw(pid.cast_signed());
            if let Some(place) = self.at_work.get_mut(index as usize) {
                *place = Some(Process {
                    pid,
                    // It waits for the driver's word, so it lives and the number is its own.
                    pidfd: watch::pidfd(pid)?,
                    is_named: report == NAMED,
                });
            }
        }
        for (worker, process) in self.plan.workers.iter().zip(&self.at_work) {
            let Some(process) = process else { continue };
            let name = &worker.name;
            let kind = if worker.is_daemon { ", a daemon," } else { "" };
            print_line(&format!("{name}{kind} is at work in [pid {}]", process.pid));
            if !process.is_named {
                print_line(&format!("{name} is a process without a name of its own"));
            }
        }
        Ok(true)
    }

    /// Lets the workers do their work one by one, and looks whether the main program waits for them, and for nobody else.
    fn let_main_return(&mut self) -> nix::Result<()> {
        for index in self.others() {
            let name = &self.plan.workers[index].name;
            if self.main_comes_to_rest()? {
                print_line(&format!("the main program did not wait for {name}"));
            }
            self.report_daemons_that_ended()?;
            self.finish(index)?;
        }
        // Without a limit: a main program that waits for a daemon is seen to be hung.
        self.tell_of_mains_end("the main program")?;
        self.see_daemons_end("outlived the main program")
    }

    /// Kills the main program while all are at work.
    fn kill_main(&mut self) -> nix::Result<()> {
        self.main_comes_to_rest()?;
        kill(self.main, Signal::SIGKILL)?;
        self.tell_of_mains_end("the main program")?;
        self.see_daemons_end("outlived the main program")?;
        for index in self.others() {
            self.finish(index)?;
        }
        Ok(())
    }

    /// Kills the main program between the birth of its first child and whatever that does first.
    fn kill_main_at_birth(&mut self, reports: &Receiver, opener: &Sender) -> nix::Result<()> {
        let Some([_, _, pid]) = reports.receive()? else {
            return self.tell_of_mains_end("before it had a child: the main program");
        };
        let pid = Pid::from_raw(pid.cast_signed());
        let pidfd = watch::pidfd(pid)?;
        kill(self.main, Signal::SIGKILL)?;
        self.tell_of_mains_end("the main program")?;
        // Now it is gone, and reaped. The child goes on.
        opener.send([0; 3])?;
        self.at_work.truncate(1);
        self.at_work[0] = Some(Process {
            pid,
            pidfd,
            is_named: true,
        });
        self.see_daemons_end("was born to a main program that was killed, and outlived it")
    }

    /// The workers that are no daemons.
    fn others(&self) -> Vec<usize> {
        let workers = self.plan.workers.iter().enumerate();
        let others = workers.filter(|(_, worker)| !worker.is_daemon);
        others.map(|(index, _)| index).collect()
    }

    /// Waits until the main program sleeps; true, if it ends instead.
    fn main_comes_to_rest(&self) -> nix::Result<bool> {
        let since = Instant::now();
        let mut ran = None;
        while since.elapsed() < LONGEST_WAY_TO_SLEEP {
            if watch::ends_within(&self.main_pidfd, LOOK)? {
                return Ok(true);
            }
            let now = watch::switches(self.main);
            if watch::sleeps(self.main) && now.is_some() && now == ran {
                return Ok(false);
            }
            ran = now;
        }
        Ok(false)
    }

    /// Lets a worker do its work, and waits for its end.
    fn finish(&self, index: usize) -> nix::Result<()> {
        let name = &self.plan.workers[index].name;
        let Some(process) = &self.at_work[index] else {
            return Ok(());
        };
        let _ = self.done[index].send([0; 3]);
        watch::first_readable(&[process.pidfd.as_fd()], None)?;
        // Without a main program its workers are the driver's children, so it is the driver who learns how they end.
        let was_ended = self.plan.how == How::Killed
            && !matches!(waitpid(process.pid, None), Ok(WaitStatus::Exited(_, 0)));
        let what = if was_ended {
            "was ended in the middle of its work"
        } else {
            "has done its work"
        };
        print_line(&format!("{name} {what}"));
        Ok(())
    }

    /// A daemon is there for as long as the main program is.
    fn report_daemons_that_ended(&self) -> nix::Result<()> {
        for (worker, process) in self.plan.workers.iter().zip(&self.at_work) {
            if let (true, Some(process)) = (worker.is_daemon, process)
                && watch::ends_within(&process.pidfd, Duration::ZERO)?
            {
                print_line(&format!("{} ended before the main program", worker.name));
            }
        }
        Ok(())
    }

    fn see_daemons_end(&self, otherwise: &str) -> nix::Result<()> {
        for (worker, process) in self.plan.workers.iter().zip(&self.at_work) {
            if let (true, Some(process)) = (worker.is_daemon, process) {
                let name = &worker.name;
                if watch::ends_within(&process.pidfd, LONGEST_END)? {
                    print_line(&format!("{name} has ended with the main program"));
                } else {
                    print_line(&format!("{name} {otherwise}"));
                }
            }
        }
        Ok(())
    }

    fn tell_of_mains_end(&self, who: &str) -> nix::Result<()> {
        match waitpid(self.main, None)? {
            WaitStatus::Exited(_, code) => {
                print_line(&format!("{who} ended with exit code {code}"))
            }
            WaitStatus::Signaled(_, signal, _) => {
                print_line(&format!("{who} was killed by {signal}"))
            }
            other => print_line(&format!("{who}: {other:?}")),
        }
        Ok(())
    }

    /// Ends and reaps whoever is left: as a subreaper the driver has become their parent.
    fn clear_away(mut self) {
        // Whoever comes to work only now finds nobody who would say that it is done.
        self.done.clear();
        for process in self.at_work.iter().flatten() {
            // By pidfd: the main program may have reaped it, and then the number is not its own any more.
            let _ =
                rustix::process::pidfd_send_signal(&process.pidfd, rustix::process::Signal::KILL);
        }
        while !matches!(waitpid(None, None), Err(Errno::ECHILD)) {}
    }
}
