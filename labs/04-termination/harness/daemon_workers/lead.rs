//! The driver while the main program and its workers live: who ends, and who goes on.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use super::NAMED;
use super::plan::{How, Plan};
use crate::program::print_line;
use crate::watch;
use crate::wire::{Receiver, Sender};

/// How long a daemon may take to end, on the busiest machine. Only one that does not end takes so long.
const LONGEST_END: Duration = Duration::from_secs(3);

/// How often the driver looks whether the main program has come to rest.
const LOOK: Duration = Duration::from_millis(10);

/// After this time a main program is taken for one that does not sleep while it waits.
const LONGEST_WAY_TO_SLEEP: Duration = Duration::from_secs(2);

/// The driver while the main program and its workers live.
pub(super) struct Lead<'a> {
    plan: &'a Plan,
    main: Pid,
    main_pidfd: OwnedFd,
    /// The processes that are at work.
    at_work: Vec<Option<Process>>,
    /// Lets the work of each be done.
    done: Vec<Sender>,
}

/// A worker at work.
struct Process {
    pid: Pid,
    pidfd: OwnedFd,
    is_named: bool,
}

impl<'a> Lead<'a> {
    /// The driver of a main program that has been forked.
    pub(super) fn of(plan: &'a Plan, main: Pid, done: Vec<Sender>) -> nix::Result<Self> {
        Ok(Self {
            plan,
            main,
            main_pidfd: watch::pidfd(main)?,
            at_work: plan.workers.iter().map(|_| None).collect(),
            done,
        })
    }

    /// Lets happen what is to happen, and tells what came of it.
    pub(super) fn follow(&mut self, reports: &Receiver, opener: &Sender) -> nix::Result<()> {
        match self.plan.how {
            How::KilledAtBirth | How::KilledAtPrctl => self.kill_main_early(reports, opener),
            How::Returns | How::Killed => {
                if !self.all_begin(reports)? {
                    return Ok(());
                }
                match self.plan.how {
                    How::Returns => self.let_main_return(),
                    _ => self.kill_main(),
                }
            }
        }
    }

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

    /// Kills the main program while its first child is held: that has not arranged its end yet, or was about to.
    fn kill_main_early(&mut self, reports: &Receiver, opener: &Sender) -> nix::Result<()> {
        let Some([_, _, pid]) = reports.receive()? else {
            return self.tell_of_mains_end("before it had a child: the main program");
        };
        let pid = Pid::from_raw(pid.cast_signed());
        let pidfd = watch::pidfd(pid)?;
        kill(self.main, Signal::SIGKILL)?;
        self.tell_of_mains_end("the main program")?;
        // Now it is gone, and reaped. The child goes on, where it is held; one that has found another way may have ended.
        let _ = opener.send([0; 3]);
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
        let mut ran = Vec::new();
        while since.elapsed() < LONGEST_WAY_TO_SLEEP {
            if watch::ends_within(&self.main_pidfd, LOOK)? {
                return Ok(true);
            }
            let now = watch::switches(self.main);
            if watch::sleeps(self.main) && now == ran {
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
    pub(super) fn clear_away(mut self) {
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
