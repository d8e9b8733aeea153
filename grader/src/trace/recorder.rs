//! Stops become processes, objects and events of a record.
//!
//! This module keeps the table of processes and threads and takes each stop to the room that knows what it means. Events are in
//! the order in which the tracer saw them end; a call that never returns comes when its process ends.
//!
//! # Layout
//!
//! - `living`: what is known of processes and threads only while they live.
//! - `births`, `ends`: processes and threads come, execute programs, go, are waited for and adopted.
//! - `entered`, `returned`: calls begin, where interventions are done, and return; `holds`: threads stand still meanwhile; `timeouts`: waits end at once.
//! - `descriptors`, `signals`: what those calls mean; `made`: what they made on the host; `writers`: one at a time; `touched`: the shared memory that is used; `words`: events that tell of a call as it is.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::guard;
use super::interventions::{Interventions, Plan};
use super::numbered::Numbered;
use super::objects::{Descriptors, Held, Objects};
use super::stop::{Call, Reason, Report, Stop, Until};
use crate::record::{
    Event, Exit, Micros, Object, ObjectId, ObjectKind, Process, ProcessId, Resident, Unreaped, What,
};

mod living;

mod births;
mod ends;

mod entered;
mod holds;
mod returned;
mod timeouts;

mod descriptors;
mod made;
mod signals;
mod touched;
mod words;
mod writers;

pub(super) use living::int;
pub use made::Made;

use births::group_of;
use holds::Hold;
use living::{Live, Living, Thread};
use writers::Writers;

/// At most this many events are kept.
const MOST_EVENTS: usize = 200_000;

/// A run as it is being recorded.
#[derive(Debug)]
pub struct Recorder {
    started: Instant,
    program: i32,
    processes: Vec<Process>,
    /// What is known of a process only while it lives, by its place in `processes`.
    live: Living,
    /// The threads that are traced, by id.
    threads: Numbered<Thread>,
    /// How many threads have reported that they are about to end, and have not ended.
    leaving: usize,
    /// The process that has a pid now, or had it last.
    by_pid: Numbered<ProcessId>,
    /// The CPU time of those processes that have ended, with that of the children that they waited for.
    cpu: Vec<Duration>,
    /// Threads whose first stop came before the report of their birth, and since when.
    unborn: Numbered<(Stop, Instant)>,
    /// Processes that were killed before their birth was reported, each with its event: the report may still come.
    early: Numbered<(ProcessId, usize)>,
    objects: Objects,
    events: Vec<Event>,
    events_cut: bool,
    /// Whether the run is being ended: whoever is born now is killed at once.
    ending: bool,
    interventions: Interventions,
    /// Whether there are others whom the run could reach, beside its tracer.
    is_among_others: bool,
    /// Threads that stand still because of an intervention.
    held: Vec<Hold>,
    /// Who writes to standard output.
    writers: Writers,
    /// The longest timeout that a socket was given.
    socket_timeout: Option<Duration>,
    /// Whether it is noted which shared memory each process has used.
    looks_at_memory: bool,
    /// What each has used.
    resident: Vec<Resident>,
    /// What the run made on the host.
    made: Made,
}

/// What a run was, process by process.
#[derive(Debug)]
pub struct Recorded {
    /// Every process in order of birth.
    pub processes: Vec<Process>,
    /// Every object.
    pub objects: Vec<Object>,
    /// Device and inode of every object that has them.
    pub identities: HashSet<(u64, u64)>,
    /// What the run made on the host.
    pub made: Made,
    /// What happened.
    pub events: Vec<Event>,
    /// Whether there were more events than are kept.
    pub events_cut: bool,
    /// Which shared memory each process has used.
    pub resident: Vec<Resident>,
    /// Processes that nobody in the run waited for.
    pub unreaped: Vec<Unreaped>,
}

impl Recorder {
    /// A recorder for the run that begins with the process `program`, seized before it has executed anything.
    #[must_use]
    pub fn new(program: i32, started: Instant, folder: &Path, plan: Plan) -> Self {
        let interventions = Interventions::new(plan);
        let mut objects = Objects::new(folder);
        let mut descriptors = Descriptors::default();
        let standard = [
            (0, "standard input"),
            (1, "standard output"),
            (2, "standard error"),
        ];
        for (number, name) in standard {
            let object = objects.add(ObjectKind::Other, Some(name.to_owned()));
            let held = Held {
                object,
                reads: number == 0,
                writes: number != 0,
                close_on_exec: false,
            };
            descriptors.insert(number, held);
        }
        let live = Live {
            descriptors,
            ..Live::default()
        };
        let mut recorder = Self {
            started,
            program,
            processes: vec![Process {
                pid: program,
                parent: None,
                born: 0,
                end: None,
                reaped: None,
                cpu: 0,
                threads: 0,
            }],
            live: Living::default(),
            threads: Numbered::default(),
            leaving: 0,
            by_pid: Numbered::default(),
            cpu: vec![Duration::ZERO],
            unborn: Numbered::default(),
            early: Numbered::default(),
            objects,
            events: Vec::new(),
            events_cut: false,
            ending: false,
            interventions,
            is_among_others: true,
            held: Vec::new(),
            writers: Writers::default(),
            socket_timeout: None,
            looks_at_memory: false,
            resident: Vec::new(),
            made: Made::default(),
        };
        recorder.live.insert(0, live);
        recorder.threads.insert(program, Thread::of(0));
        recorder.by_pid.insert(program, 0);
        recorder
    }

    /// Nobody is there whom the run could reach, but the tracer.
    pub fn is_alone(&mut self) {
        self.is_among_others = false;
    }

    /// From now on, kills every process at its birth: the run is being ended.
    pub fn end_newborns(&mut self) {
        self.ending = true;
        for (_, (stop, _)) in self.unborn.take_all() {
            let _ = kill(Pid::from_raw(stop.pid()), Signal::SIGKILL);
            stop.resume(Until::NextStop);
        }
        self.free_all_held();
        self.let_all_in();
    }

    /// Whether a thread stands still because of an intervention: then nobody is hung yet.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// What is due from time to time: those go on who have stood still long enough.
    pub fn tick(&mut self) {
        self.free_unborn();
        self.free_held();
    }

    /// Takes note of a report, and lets the thread go on.
    pub fn handle(&mut self, report: Report) {
        match report {
            Report::Ended { pid, how, cpu } => {
                // Of a thread nothing is left now; of a process there is a zombie.
                let is_unknown = !self.threads.contains(pid) && !self.is_known_zombie(pid);
                if is_unknown && group_of(pid) == Some(pid) {
                    self.discover(pid);
                }
                self.ended(pid, how, cpu);
            }
            Report::Stopped(stop, reason) => {
                if self.threads.contains(stop.pid()) {
                    self.stopped(stop, reason);
                } else if reason == Reason::Trap && !self.ending {
                    // Its birth is still to be reported; until then nobody knows whose child it is.
                    self.unborn.insert(stop.pid(), (stop, Instant::now()));
                } else {
                    // Killed before its birth was reported.
                    self.unborn.remove(stop.pid());
                    self.discover(stop.pid());
                    self.stopped(stop, reason);
                }
            }
        }
    }

    fn stopped(&mut self, stop: Stop, reason: Reason) {
        let thread = stop.pid();
        match reason {
            Reason::CallEntry => {
                let Some(call) = stop.call() else {
                    return stop.resume_if_here(Until::NextStop);
                };
                return match self.enter(thread, call) {
                    Some(time) => self.hold(stop, time),
                    None => self.let_in(stop),
                };
            }
            Reason::CallExit => {
                // One that was killed while it stands here will not return: its call is kept for its end.
                let Some(result) = stop.result() else {
                    let until = self.until(thread);
                    return stop.resume_if_here(until);
                };
                if let Some(call) = self.threads.get_mut(thread).and_then(|it| it.call.take()) {
                    let result = call.changed.put_right(thread, result);
                    self.returned(thread, call, result);
                    self.has_left(thread);
                }
            }
            Reason::Birth(new) => self.birth(thread, new),
            Reason::Exec(former) => self.exec(thread, former),
            Reason::Exiting => self.exiting(thread),
            Reason::Signal(signal) => {
                let from = stop.sender().and_then(|pid| self.process_of_pid(pid));
                self.note(thread, What::Signal { signal, from });
                let until = self.until(thread);
                return stop.deliver(signal, until);
            }
            Reason::GroupStop(signal) => {
                if let Some(live) = self.live_of(thread)
                    && !live.stopped
                {
                    live.stopped = true;
                    self.note(thread, What::Stop { signal });
                }
                return stop.listen();
            }
            Reason::Trap => {
                if let Some(live) = self.live_of(thread)
                    && live.stopped
                {
                    live.stopped = false;
                    self.note(thread, What::Continue);
                }
            }
            Reason::Other => {
                let until = self.until(thread);
                return stop.resume_if_here(until);
            }
        }
        let until = self.until(thread);
        stop.resume(until);
    }

    /// A thread that is in a traced call must stop again when that returns.
    fn until(&self, thread: i32) -> Until {
        match self.threads.get(thread) {
            Some(Thread { call: Some(_), .. }) => Until::CallExit,
            _ => Until::NextStop,
        }
    }

    /// The recording, when every process of the run has ended or is about to be ended by the runner.
    #[must_use]
    pub fn finish(self) -> Recorded {
        let mut unreaped = Vec::new();
        for id in 1..self.processes.len() {
            let process = &self.processes[id];
            if process.reaped.is_none() {
                unreaped.push(Unreaped {
                    pid: process.pid,
                    still_running: process.end.is_none(),
                });
            }
        }
        Recorded {
            processes: self.processes,
            identities: self.objects.identities(),
            objects: self.objects.into_list(),
            made: self.made,
            events: self.events,
            events_cut: self.events_cut,
            resident: self.resident,
            unreaped,
        }
    }

    /// How the program itself ended, once it has.
    #[must_use]
    pub fn program_end(&self) -> Option<Exit> {
        self.processes[0].end.map(|end| end.how)
    }

    /// Whether the end of a thread may be reported next: each thread stops when it is about to end.
    #[must_use]
    pub fn expects_end(&self) -> bool {
        self.leaving > 0
    }

    /// Whether some process of the run has not ended.
    #[must_use]
    pub fn is_somebody_left(&self) -> bool {
        !self.threads.is_empty() || !self.unborn.is_empty()
    }

    /// Whether a signal has stopped this process.
    #[must_use]
    pub fn is_stopped(&self, pid: i32) -> bool {
        let thread = self.threads.get(pid);
        let live = thread.and_then(|thread| self.live.get(thread.process));
        live.is_some_and(|live| live.stopped)
    }

    /// Whether some process has an alarm or a timer that is still to come: then nobody is hung yet.
    #[must_use]
    pub fn awaits_alarm(&self) -> bool {
        let now = Instant::now();
        let mut alarms = self.live.iter().flat_map(|live| live.alarms.values());
        alarms.any(|alarm| *alarm > now)
    }

    /// The longest timeout that some socket of the run was given, if one was (SO_RCVTIMEO, SO_SNDTIMEO).
    #[must_use]
    pub fn longest_socket_timeout(&self) -> Option<Duration> {
        self.socket_timeout
    }

    /// The object of this device and inode, where it was seen.
    #[must_use]
    pub fn object_at(&self, device: u64, inode: u64) -> Option<ObjectId> {
        self.objects.at(device, inode)
    }

    /// The traced call that a thread is in.
    #[must_use]
    pub fn call_of(&self, thread: i32) -> Option<Call> {
        let it = self.threads.get(thread)?;
        it.call.as_ref().map(|it| it.call)
    }

    /// The program's process id.
    #[must_use]
    pub fn program(&self) -> i32 {
        self.program
    }

    fn now(&self) -> Micros {
        let time = self.started.elapsed();
        time.as_secs() * 1_000_000 + u64::from(time.subsec_micros())
    }

    fn live_of(&mut self, thread: i32) -> Option<&mut Live> {
        let process = self.threads.get(thread)?.process;
        self.live.get_mut(process)
    }

    /// The process that has this id now, or had it last.
    fn process_of_pid(&self, pid: i32) -> Option<ProcessId> {
        self.by_pid.get(pid).copied()
    }

    /// Something that happened to a thread's process just now.
    fn note(&mut self, thread: i32, what: What) {
        let at = self.now();
        if let Some(process) = self.threads.get(thread).map(|it| it.process) {
            self.push(Event {
                at,
                until: None,
                process,
                what,
            });
        }
    }

    fn push(&mut self, event: Event) {
        if self.events.len() < MOST_EVENTS {
            self.events.push(event);
        } else {
            self.events_cut = true;
        }
    }
}

impl guard::Run for Recorder {
    fn is_inside(&self, id: i32) -> bool {
        self.threads.contains(id)
            || self
                .process_of_pid(id)
                .is_some_and(|process| self.processes[process].reaped.is_none())
    }

    fn is_among_others(&self) -> bool {
        self.is_among_others
    }

    fn was_inside(&self, id: i32) -> bool {
        self.by_pid.contains(id)
    }
}
