//! Whether every process of a run waits for another one, and what each of them waits for.
//!
//! A run is hung when each live thread sleeps, without a timeout, in a call that only another process of the run can end
//! ([`all_wait_for_each_other`]), and none of them has run between two looks. Two equal looks prove that nothing ran in between,
//! because each holds every thread's count of context switches (`proc_pid_status(5)`); what is described lies between two more.
//!
//! Timeouts that `/proc` does not show are known from the trace: alarms, timers, the timeouts of sockets. Without a trace a run
//! in which one may be hidden is hung only after it has slept for [`PATIENCE`], and one that holds a timer never is.
//!
//! # Layout
//!
//! - `thread`: threads in `/proc`, and how much each has run.
//! - `call`: what a thread waits for, by the call that it is in.
//! - `descriptors`, `sockets`, `words`, `locks`: what that refers to, and who else has it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::family;
use crate::record::Alive;
use crate::record::alive::{self, Does, Peer, all_wait_for_each_other};
use crate::trace::Recorder;

mod call;
mod descriptors;
mod locks;
mod sockets;
mod thread;
mod words;

use call::{Call, Process};
use sockets::{Flight, Sockets};
use thread::{Ran, Thread};

/// Time between two looks.
pub const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// How long a run must have slept that a hidden timeout may end: without a trace SO_RCVTIMEO, `alarm(2)` and `setitimer(2)` are
/// invisible. The kernel's own times for data on its way (Nagle's algorithm, delayed confirmations) are shorter, too.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// Beyond a known timeout: the clock that ends it is not this one.
const MARGIN: Duration = Duration::from_secs(1);

/// How long before a deadline it is noted how much each thread has run, so that who runs can be told from who sleeps.
const LAST_STRETCH: Duration = Duration::from_millis(500);

/// Looks at a run's processes again and again.
#[derive(Debug, Default)]
pub struct Watcher {
    /// The last look at which all slept, and since when nothing has changed.
    last: Option<(Vec<Asleep>, Instant)>,
    /// What was noted shortly before the deadline.
    noted: Option<Noted>,
}

/// How much each thread had run at a time, by id, and when that says something.
#[derive(Debug)]
struct Noted {
    ran: HashMap<i32, Ran>,
    ripe: Instant,
}

/// A thread that sleeps in a call without a timeout that its arguments show.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asleep {
    thread: i32,
    /// The line of `/proc/PID/task/TID/syscall`: number, arguments, stack and instruction pointers.
    call: String,
    ran: Ran,
}

impl Watcher {
    /// Somebody has moved, or is about to.
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// Looks once. What the processes wait for, if they are known to be hung now.
    pub fn look(
        &mut self,
        pids: &[i32],
        recorder: Option<&Recorder>,
        now: Instant,
    ) -> Option<Vec<Alive>> {
        let Some(asleep) = all_asleep(pids, recorder) else {
            self.last = None;
            return None;
        };
        match &self.last {
            Some((last, since)) if *last == asleep => {
                let sockets = Sockets::default();
                let alive = describe_all(pids, recorder, &sockets, None);
                let patience = patience(&alive, recorder, sockets.flight())?;
                let is_hung = now - *since >= patience && all_wait_for_each_other(&alive);
                // Whoever moved while it was described may be described wrongly.
                let same = is_hung && all_asleep(pids, recorder).as_ref() == Some(&asleep);
                same.then_some(alive)
            }
            _ => {
                self.last = Some((asleep, now));
                None
            }
        }
    }

    /// Notes how much the threads have run, if the deadline is near: for [`Self::describe`]. Whether it is over, and long enough ago
    /// that it was noted: on a busy machine that may be late.
    pub fn approach(
        &mut self,
        deadline: Instant,
        whole: Duration,
        pids: impl Fn() -> Vec<i32>,
    ) -> bool {
        let stretch = LAST_STRETCH.min(whole / 2);
        let now = Instant::now();
        match &self.noted {
            Some(noted) => now >= deadline && now >= noted.ripe,
            None => {
                if now + stretch >= deadline {
                    let threads = pids().into_iter().flat_map(Thread::all_of);
                    let ran = threads.filter_map(|thread| Some((thread.id, thread.ran()?)));
                    self.noted = Some(Noted {
                        ran: ran.collect(),
                        ripe: now + stretch,
                    });
                }
                false
            }
        }
    }

    /// What the processes do, at a deadline.
    #[must_use]
    pub fn describe(&self, pids: &[i32], recorder: Option<&Recorder>) -> Vec<Alive> {
        let ran = self.noted.as_ref().map(|noted| &noted.ran);
        describe_all(pids, recorder, &Sockets::default(), ran)
    }
}

/// Every thread of the processes; `None` when one of them runs, or sleeps with a timeout, or when there are none.
fn all_asleep(pids: &[i32], recorder: Option<&Recorder>) -> Option<Vec<Asleep>> {
    let mut all = Vec::new();
    for pid in pids {
        for thread in Thread::all_of(*pid) {
            all.push(asleep(&thread, recorder)?);
        }
    }
    (!all.is_empty()).then_some(all)
}

fn asleep(thread: &Thread, recorder: Option<&Recorder>) -> Option<Asleep> {
    let state = thread.state()?;
    let ran = thread.ran()?;
    let line = thread.call_line()?;
    if !is_stopped(state, thread.pid, recorder) {
        let call = call_of(thread, &line, recorder)?;
        let sleeps = state == 'S' || state == 'D' && call.is_vfork(thread.id);
        if !sleeps || call.shows_timeout() {
            return None;
        }
    }
    Some(Asleep {
        thread: thread.id,
        call: line,
        ran,
    })
}

/// Whether a thread in this state has been stopped by a signal. One that stands still for its tracer is about to go on.
fn is_stopped(state: char, pid: i32, recorder: Option<&Recorder>) -> bool {
    state == 'T' || state == 't' && recorder.is_some_and(|it| it.is_stopped(pid))
}

/// The call that a thread is in. One that began again after a stop has lost its number, but the trace has kept it.
fn call_of(thread: &Thread, line: &str, recorder: Option<&Recorder>) -> Option<Call> {
    let call = Call::parse(line)?;
    if !call.began_again() {
        return Some(call);
    }
    let known = recorder.and_then(|it| it.call_of(thread.id));
    Some(known.map_or(call, |known| Call {
        number: known.number,
        arguments: known.arguments,
    }))
}

/// How long the run must have slept to be hung; `None` where it holds a timer that may end it, or the kernel is about to.
fn patience(alive: &[Alive], recorder: Option<&Recorder>, flight: Flight) -> Option<Duration> {
    let mut hidden = match flight {
        Flight::Nothing => Duration::ZERO,
        Flight::Data => PATIENCE,
        Flight::Connection => return None,
    };
    let sockets = waited_sockets(alive);
    match recorder {
        Some(recorder) => {
            if recorder.awaits_alarm() {
                return None;
            }
            if !sockets.is_empty() {
                let longest = recorder.longest_socket_timeout();
                hidden = hidden.max(longest.map_or(Duration::ZERO, |it| it + MARGIN));
            }
        }
        None => {
            for process in alive {
                if thread::holds_a_timer(process.pid) {
                    return None;
                }
                if Thread::all_of(process.pid).any(|it| it.takes_alarm()) {
                    hidden = PATIENCE;
                }
            }
            if !sockets.is_empty() {
                hidden = PATIENCE;
            }
        }
    }
    if sockets.contains(&&Peer::Unknown) {
        hidden = hidden.max(PATIENCE);
    }
    Some(hidden)
}

/// The sockets that somebody waits for, by their other ends.
fn waited_sockets(alive: &[Alive]) -> Vec<&Peer> {
    let mut sockets = Vec::new();
    for process in alive {
        let waits = process.threads.iter().filter_map(alive::Thread::wait);
        for number in waits.filter_map(|wait| wait.descriptor) {
            if let Some(alive::Kind::Socket { peer }) =
                process.descriptor(number).map(|it| &it.kind)
            {
                sockets.push(peer);
            }
        }
    }
    sockets
}

/// What the processes do and hold, for the record.
fn describe_all(
    pids: &[i32],
    recorder: Option<&Recorder>,
    sockets: &Sockets,
    ran: Option<&HashMap<i32, Ran>>,
) -> Vec<Alive> {
    let mut alive: Vec<Alive> = pids
        .iter()
        .filter_map(|pid| describe(*pid, recorder, sockets, ran))
        .collect();
    locks::find_holders(&mut alive);
    words::find_mappings(&mut alive, recorder);
    alive
}

fn describe(
    pid: i32,
    recorder: Option<&Recorder>,
    sockets: &Sockets,
    ran: Option<&HashMap<i32, Ran>>,
) -> Option<Alive> {
    // The first thread may have ended, and then shows nothing of the process any more.
    let witness = Thread::all_of(pid).map(|thread| thread.id).min()?;
    let descriptors = descriptors::of(witness, recorder, sockets);
    let process = Process {
        pid: witness,
        group: family::group_of(pid)?,
        descriptors: &descriptors,
        sockets,
        recorder,
    };
    let mut threads: Vec<alive::Thread> = Thread::all_of(pid)
        .filter_map(|thread| {
            let does = does(&thread, &process, ran.map(|ran| ran.get(&thread.id)))?;
            let id = thread.id;
            Some(alive::Thread { id, does })
        })
        .collect();
    threads.sort_by_key(|thread| thread.id);
    (!threads.is_empty()).then_some(Alive {
        pid,
        parent: family::parent_of(pid)?,
        group: process.group,
        threads,
        maps: Vec::new(),
        pending: thread::pending(witness),
        descriptors,
    })
}

/// What a thread does. `earlier` is how much it had run shortly before, where that was noted at all, and of this thread.
fn does(thread: &Thread, process: &Process<'_>, earlier: Option<Option<&Ran>>) -> Option<Does> {
    let state = thread.state()?;
    let ran = thread.ran()?;
    if is_stopped(state, thread.pid, process.recorder) {
        return Some(Does::Stand);
    }
    if let Some(earlier) = earlier
        && earlier != Some(&ran)
    {
        let earlier = earlier.copied().unwrap_or_default();
        // Who never goes to sleep by itself does nothing but run.
        return Some(if ran.slept == earlier.slept {
            let in_kernel =
                ran.system - earlier.system.min(ran.system) > ran.user - earlier.user.min(ran.user);
            Does::Run { in_kernel }
        } else {
            Does::Wake
        });
    }
    if state == 'R' {
        return Some(Does::Run { in_kernel: false });
    }
    let line = thread.call_line()?;
    let call = call_of(thread, &line, process.recorder)?;
    Some(Does::Wait(call.wait(thread, process)))
}
