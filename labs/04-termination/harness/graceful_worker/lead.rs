//! The driver while the worker lives: its device, and whoever asks it to stop.

use std::os::fd::AsFd;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;

use super::plan::Moment;
use super::{BEGUN, IDLE, STEP, STEPS, Site};
use crate::program::print_line;
use crate::watch;
use crate::wire::{Receiver, Sender};

/// The step during which the request comes.
const STEP_OF_THE_REQUEST: u32 = 2;

/// How long nothing happens before the request, where that comes while the worker is `asleep`: time in which a worker that does not
/// sleep uses the CPU.
const LONG_SLEEP: Duration = Duration::from_millis(500);

/// What a worker that does not sleep uses of the CPU before the request comes: more than the exercise allows.
const BUSY: Duration = Duration::from_millis(100);

/// How often the driver looks at a worker that is idle and has not come to the gate.
const LOOK: Duration = Duration::from_millis(20);

/// After this time the worker is taken for one that does not come to rest.
const LONGEST_WAY_TO_REST: Duration = Duration::from_secs(2);

/// The driver while the worker lives.
pub(super) struct Lead<'a> {
    site: &'a Site,
    worker: Pid,
    to_worker: Sender,
    /// How many steps of each task that was begun are done.
    steps: Vec<u32>,
    /// Since when the worker has nothing to do, and what it has run until then.
    idle: Option<(Instant, Vec<String>)>,
    requested: bool,
    /// The task that was begun in spite of the request.
    swallowed: Option<u32>,
}

impl<'a> Lead<'a> {
    /// The driver of a worker that has been forked.
    pub(super) fn of(site: &'a Site, worker: Pid, to_worker: Sender) -> Self {
        Self {
            site,
            worker,
            to_worker,
            steps: Vec::new(),
            idle: None,
            requested: false,
            swallowed: None,
        }
    }

    /// Answers the worker, and asks it to stop when it is time, until it has ended.
    pub(super) fn follow(&mut self, from_worker: &Receiver) -> nix::Result<()> {
        loop {
            if watch::first_readable(&[from_worker.as_fd()], self.patience())?.is_none() {
                self.look_after_the_sleeper();
                continue;
            }
            match from_worker.receive()? {
                None => return Ok(()),
                Some([BEGUN, task, _]) if self.requested => {
                    self.swallowed = self.swallowed.or(Some(task));
                    kill(self.worker, Signal::SIGKILL)?;
                }
                Some([BEGUN, ..]) => {
                    self.steps.push(0);
                    self.idle = None;
                }
                Some([STEP, ..]) if self.swallowed.is_some() => {}
                Some([STEP, task, step]) => self.do_step(task, step)?,
                Some([IDLE, ..]) => self.idle = Some((Instant::now(), Vec::new())),
                Some([_, is_request, _]) => {
                    self.idle = None;
                    self.requested |= is_request == 1;
                }
            }
        }
    }

    /// How long to wait for the worker's next report. Without a limit wherever only the worker can go on: one that
    /// sleeps for ever is seen to be hung then.
    fn patience(&self) -> Option<Duration> {
        let given = self.steps.len() == self.site.plan.tasks as usize;
        let all_done = given && self.steps.iter().all(|steps| *steps == STEPS);
        match self.site.plan.moment {
            _ if self.requested => None,
            Moment::Asleep if all_done => Some(LONG_SLEEP),
            _ => self.idle.as_ref().map(|_| LOOK),
        }
    }

    /// Nothing was reported for a while.
    fn look_after_the_sleeper(&mut self) {
        if self.site.plan.moment == Moment::Asleep {
            // On a busy machine one that does not sleep gets little of the CPU: it is given the time to show itself.
            if !watch::sleeps(self.worker) && watch::cpu_time(self.worker) < BUSY {
                return;
            }
            self.requested = true;
            self.site.request(self.worker);
            return;
        }
        let Some((since, ran)) = &mut self.idle else {
            return;
        };
        // It has found a way to sleep that does not lead through the gate, or does not sleep at all.
        let now = watch::switches(self.worker);
        let stands_still = watch::sleeps(self.worker) && *ran == now;
        if stands_still || since.elapsed() > LONGEST_WAY_TO_REST {
            self.requested |= self.site.arrive(self.worker);
            self.idle = None;
        } else {
            *ran = now;
        }
    }

    /// The device: does a step, and answers. The request comes meanwhile, if it is time.
    fn do_step(&mut self, task: u32, step: u32) -> nix::Result<()> {
        let is_time = self.site.plan.moment == Moment::InTask(task) && step == STEP_OF_THE_REQUEST;
        if is_time && !self.requested {
            let pidfd = watch::pidfd(self.worker)?;
            // It has ordered the step, so where it sleeps, it waits for it.
            while !watch::sleeps(self.worker) && !watch::ends_within(&pidfd, watch::PAUSE)? {}
            self.requested = true;
            let signal = self.site.request(self.worker);
            // The answer comes after the signal has done what it can: a handler has interrupted the wait, or a thread has taken
            // note. Then the worker waits again; a wrong one may do anything else.
            let since = Instant::now();
            while (watch::is_on_its_way(signal, self.worker) || !watch::sleeps(self.worker))
                && since.elapsed() < LONGEST_WAY_TO_REST
                && !watch::ends_within(&pidfd, watch::PAUSE)?
            {}
        }
        if let Some(done) = self.steps.last_mut() {
            *done += 1;
        }
        self.to_worker.send([0; 3])
    }

    /// Tells what the worker has done.
    pub(super) fn tell(&self, status: WaitStatus) {
        for (task, steps) in (1_u32..).zip(&self.steps) {
            let during = match self.site.plan.moment {
                Moment::InTask(it) if it == task => ", and the request to stop came meanwhile",
                _ => "",
            };
            let what = if *steps == STEPS {
                ""
            } else {
                "abandoned after "
            };
            print_line(&format!(
                "task {task}: {what}{steps} of {STEPS} steps{during}"
            ));
        }
        if let Some(task) = self.swallowed {
            print_line(&format!(
                "task {task} was begun in spite of the request to stop"
            ));
        }
        let tasks = self.site.board.tasks.load(Ordering::Acquire);
        let left = tasks as usize - self.steps.len().min(tasks as usize);
        print_line(&format!("tasks left: {left}"));
        if !self.requested {
            print_line("the worker ended before it was asked to stop");
        }
        match status {
            WaitStatus::Exited(_, code) => {
                print_line(&format!("the worker ended with exit code {code}"));
            }
            WaitStatus::Signaled(_, signal, _) => {
                print_line(&format!("the worker was killed by {signal}"));
            }
            _ => print_line("the worker has not ended"),
        }
    }
}
