//! Stops become processes, objects and events of a record.
//!
//! This module keeps the table of processes and threads; what a returned call means is in `returned`. Events are in the order in
//! which the tracer saw them end; a call that never returns comes when its process ends.
//!
//! It is long because births, reaping and interventions all change the same table; each wants a room of its own.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::calls;
use super::guard;
use super::interventions::{Act, Interventions, Plan, has_length};
use super::memory;
use super::objects::{Descriptors, Held, Objects};
use super::registers;
use super::stop::{Call, Reason, Report, Stop, Until};
use crate::record::{
    End, Event, Exit, Micros, Object, ObjectKind, Process, ProcessId, Reaped, Unreaped, What,
};

mod returned;

pub(super) use returned::int;

/// At most this many events are kept.
const MOST_EVENTS: usize = 200_000;

/// After this time the report of a birth will not come any more: all that was reported has been taken.
const LONGEST_BIRTH: Duration = Duration::from_millis(100);

/// A run as it is being recorded.
#[derive(Debug)]
pub struct Recorder {
    started: Instant,
    program: i32,
    processes: Vec<Process>,
    /// What is known of a process only while it lives, by its place in `processes`.
    live: HashMap<ProcessId, Live>,
    /// The threads that are traced, by id.
    threads: HashMap<i32, Thread>,
    /// The process that has a pid now, or had it last.
    by_pid: HashMap<i32, ProcessId>,
    /// The CPU time of those that have ended, with that of the children that they waited for.
    cpu: HashMap<ProcessId, Duration>,
    /// Threads whose first stop came before the report of their birth, and since when.
    unborn: HashMap<i32, (Stop, Instant)>,
    /// Processes that were killed before their birth was reported, each with its event: the report may still come.
    early: HashMap<i32, (ProcessId, usize)>,
    objects: Objects,
    events: Vec<Event>,
    events_cut: bool,
    /// Whether the run is being ended: whoever is born now is killed at once.
    ending: bool,
    interventions: Interventions,
    /// Whether calls about processes outside of the run are refused.
    is_guarded: bool,
    /// Threads that stand still because of an intervention, and until when.
    held: Vec<(Stop, Instant)>,
}

/// What is known of a process only while it lives.
#[derive(Debug, Clone)]
struct Live {
    descriptors: Descriptors,
    /// Whether the kernel discards its children when they end.
    ignores_children: bool,
    /// Whether a signal has stopped it.
    stopped: bool,
    /// When its alarm comes, if it has set one. A child does not inherit it.
    alarm: Option<Instant>,
    /// Its parent now; `None` where that is the runner.
    parent: Option<ProcessId>,
    /// Its children that nobody has waited for, those included that it has adopted.
    children: BTreeSet<ProcessId>,
    /// The CPU time of the children that it waited for, which the kernel adds to its own.
    reaped_cpu: Duration,
}

#[derive(Debug)]
struct Thread {
    process: ProcessId,
    call: Option<InCall>,
    /// A call that a signal has interrupted: the kernel will begin it again, or tell the program of EINTR. Which of
    /// the two shows in what the thread does next.
    interrupted: Option<InCall>,
}

impl Thread {
    fn of(process: ProcessId) -> Self {
        Self {
            process,
            call: None,
            interrupted: None,
        }
    }
}

/// A call that a thread is in.
#[derive(Debug)]
struct InCall {
    name: &'static str,
    call: Call,
    at: Micros,
    /// The path that it names, read before the call could change it.
    path: Option<String>,
    /// What an intervention has changed of it.
    changed: Changed,
}

/// What an intervention has changed of a call, to be put right when it returns.
#[derive(Debug, Default)]
struct Changed {
    /// What it is to return; it was not made.
    result: Option<i64>,
    /// The length that it was asked for.
    length: Option<u64>,
}

impl Changed {
    /// Gives a thread whose call has returned the registers that it expects, and returns the result.
    fn put_right(&self, thread: i32, result: i64) -> i64 {
        if self.result.is_some() || self.length.is_some() {
            // An error means that it was killed in the meantime: nobody looks at its registers any more.
            let _ = registers::finish(thread, self.result, self.length);
        }
        self.result.unwrap_or(result)
    }
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
    /// What happened.
    pub events: Vec<Event>,
    /// Whether there were more events than are kept.
    pub events_cut: bool,
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
            ignores_children: false,
            stopped: false,
            alarm: None,
            parent: None,
            children: BTreeSet::new(),
            reaped_cpu: Duration::ZERO,
        };
        Self {
            started,
            program,
            processes: vec![Process {
                pid: program,
                parent: None,
                born: 0,
                end: None,
                reaped: None,
                cpu: 0,
            }],
            live: HashMap::from([(0, live)]),
            threads: HashMap::from([(program, Thread::of(0))]),
            by_pid: HashMap::from([(program, 0)]),
            cpu: HashMap::new(),
            unborn: HashMap::new(),
            early: HashMap::new(),
            objects,
            events: Vec::new(),
            events_cut: false,
            ending: false,
            interventions,
            is_guarded: false,
            held: Vec::new(),
        }
    }

    /// From now on, refuses every call that would reach a process outside of the run.
    pub fn guard_others(&mut self) {
        self.is_guarded = true;
    }

    /// From now on, kills every process at its birth: the run is being ended.
    pub fn end_newborns(&mut self) {
        self.ending = true;
        for (_, (stop, _)) in self.unborn.drain() {
            let _ = kill(Pid::from_raw(stop.pid()), Signal::SIGKILL);
            stop.resume(Until::NextStop);
        }
        for (stop, _) in self.held.drain(..) {
            stop.resume(Until::NextStop);
        }
    }

    /// Whether a thread stands still because of an intervention: then nobody is hung yet.
    #[must_use]
    pub fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// What is due from time to time: those go on who have stood still long enough.
    pub fn tick(&mut self) {
        self.free_unborn();
        let now = Instant::now();
        for (stop, until) in std::mem::take(&mut self.held) {
            if until > now {
                self.held.push((stop, until));
            } else {
                let until = self.until(stop.pid());
                stop.resume(until);
            }
        }
    }

    /// Takes note of a report, and lets the thread go on.
    pub fn handle(&mut self, report: Report) {
        match report {
            Report::Ended { pid, how, cpu } => {
                // Of a thread nothing is left now; of a process there is a zombie.
                let is_unknown = !self.threads.contains_key(&pid) && !self.is_known_zombie(pid);
                if is_unknown && group_of(pid) == Some(pid) {
                    self.discover(pid);
                }
                self.ended(pid, how, cpu);
            }
            Report::Stopped(stop, reason) => {
                if self.threads.contains_key(&stop.pid()) {
                    self.stopped(stop, reason);
                } else if reason == Reason::Trap && !self.ending {
                    // Its birth is still to be reported; until then nobody knows whose child it is.
                    self.unborn.insert(stop.pid(), (stop, Instant::now()));
                } else {
                    // Killed before its birth was reported.
                    self.unborn.remove(&stop.pid());
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
                if let Some(time) = self.enter(&stop) {
                    self.held.push((stop, Instant::now() + time));
                    return;
                }
            }
            Reason::CallExit => {
                // One that was killed while it stands here will not return: its call is kept for its end.
                if let Some(result) = stop.result()
                    && let Some(call) = self.threads.get_mut(&thread).and_then(|it| it.call.take())
                {
                    let result = call.changed.put_right(thread, result);
                    self.returned(thread, call, result);
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
            Reason::Other => {}
        }
        let until = self.until(thread);
        stop.resume(until);
    }

    /// A thread that is in a traced call must stop again when that returns.
    fn until(&self, thread: i32) -> Until {
        match self.threads.get(&thread) {
            Some(Thread { call: Some(_), .. }) => Until::CallExit,
            _ => Until::NextStop,
        }
    }

    /// Takes note of a call that begins, and does what is due there. Returns how long the thread is to stand still before it.
    fn enter(&mut self, stop: &Stop) -> Option<Duration> {
        let call = stop.call()?;
        let at = self.now();
        let name = calls::name(call.number).unwrap_or("call");
        let path = path_argument(name, &call).and_then(|address| memory::text(stop.pid(), address));
        let thread = self.threads.get_mut(&stop.pid())?;
        let process = thread.process;
        let interrupted = thread.interrupted.take();
        let again = |it: &InCall| it.call == call || call.number == libc::SYS_restart_syscall;
        let (resumed, told) = match interrupted {
            Some(it) if again(&it) => (Some(it), None),
            other => (None, other),
        };
        thread.call = resumed.or(Some(InCall {
            name,
            call,
            at,
            path,
            changed: Changed::default(),
        }));
        if let Some(told) = told {
            self.note_interrupted(process, &told, at);
        }
        if self.is_guarded && guard::reaches_out(stop.pid(), &call, self) {
            self.refuse(stop.pid());
            return None;
        }
        if self.interventions.is_empty() {
            return None;
        }
        if returned::is_about_descriptor(name) {
            // The loader reads libraries before the program has begun: what is no object of the run does not count.
            self.held(process, returned::int(call.arguments[0]))?;
        }
        let act = self
            .interventions
            .due(process, &self.place(process), name)?;
        self.intervene(stop.pid(), act, name)
    }

    /// The numbers of the children on the way from the program to a process.
    fn place(&self, process: ProcessId) -> Vec<usize> {
        let mut place = Vec::new();
        let mut at = process;
        while let Some(parent) = self.processes[at].parent {
            let older = self.processes[..at].iter();
            place.push(older.filter(|it| it.parent == Some(parent)).count() + 1);
            at = parent;
        }
        place.reverse();
        place
    }

    /// Does to a thread that is about to make a call what is due. Returns how long it is to stand still.
    fn intervene(&mut self, thread: i32, act: Act, name: &str) -> Option<Duration> {
        let it = self.threads.get_mut(&thread)?;
        let pid = Pid::from_raw(self.processes[it.process].pid);
        let call = it.call.as_mut()?;
        let mut hold = None;
        match act {
            Act::Hold(time) => hold = Some(time),
            // It stands still, so its number is its own. An error means that it was killed in the meantime.
            Act::Kill => drop(kill(pid, Signal::SIGKILL)),
            Act::Signal(signal) => {
                let signal = Signal::try_from(signal).ok()?;
                let _ = kill(pid, signal);
            }
            Act::Return(result) => {
                registers::fail(thread).ok()?;
                call.changed.result = Some(result);
            }
            Act::Short(bytes) => {
                if !has_length(call.call.number) || call.call.arguments[2] <= bytes {
                    return None;
                }
                call.changed.length = Some(registers::set_length(thread, bytes).ok()?);
            }
        }
        let what = act.in_words(name);
        self.note(thread, What::Intervention { what });
        hold
    }

    /// Lets the call that a thread is about to make fail with EPERM.
    fn refuse(&mut self, thread: i32) {
        // An error means that the thread was killed in the meantime: it makes no call any more.
        if registers::fail(thread).is_ok()
            && let Some(call) = self
                .threads
                .get_mut(&thread)
                .and_then(|it| it.call.as_mut())
        {
            call.changed.result = Some(-i64::from(libc::EPERM));
        }
    }

    /// The program was told that a signal has interrupted its call.
    fn note_interrupted(&mut self, process: ProcessId, call: &InCall, until: Micros) {
        let what = returned::interrupted(call, self.live.get(&process));
        self.push(Event {
            at: call.at,
            until: Some(until),
            process,
            what,
        });
    }

    fn birth(&mut self, parent: i32, new: i32) {
        let Some(parent_process) = self.threads.get(&parent).map(|thread| thread.process) else {
            return;
        };
        let call = self.threads.get(&parent).and_then(|it| it.call.as_ref());
        let flags = call.and_then(|call| birth_flags(parent, call));
        if let Some((process, event)) = self.early.remove(&new)
            && self.processes[process].pid == new
        {
            self.correct_parent(process, parent_process, event);
            return;
        }
        if self.threads.contains_key(&new) {
            return;
        }
        let is_thread = match flags {
            Some(flags) => flags & u64_of(libc::CLONE_THREAD) != 0,
            None => group_of(new) == Some(self.processes[parent_process].pid),
        };
        let process = if is_thread {
            parent_process
        } else {
            self.new_process(parent_process, new)
        };
        self.threads.insert(new, Thread::of(process));
        // What the call did is known, and of its return there is nothing to see; but who called vfork waits in it.
        if let Some(it) = self.threads.get_mut(&parent)
            && flags.is_some_and(|flags| flags & u64_of(libc::CLONE_VFORK) == 0)
        {
            it.call = None;
        }
        if self.ending {
            // It stands still at its birth, so its number is its own.
            let _ = kill(Pid::from_raw(new), Signal::SIGKILL);
        }
        if let Some((stop, _)) = self.unborn.remove(&new) {
            stop.resume(Until::NextStop);
        }
    }

    /// Lets those go on whose birth nobody will report any more: their parent was killed in the middle of its fork.
    fn free_unborn(&mut self) {
        let waited = |since: &Instant| since.elapsed() >= LONGEST_BIRTH;
        let lost: Vec<i32> = self
            .unborn
            .iter()
            .filter(|(_, (_, since))| waited(since))
            .map(|(pid, _)| *pid)
            .collect();
        for pid in lost {
            self.discover(pid);
            if let Some((stop, _)) = self.unborn.remove(&pid) {
                stop.resume(Until::NextStop);
            }
        }
    }

    /// A thread whose birth has not been reported, and perhaps never will be, because its parent was killed in the middle
    /// of its fork. Who that was may no longer show; then it is the process that it was left to.
    fn discover(&mut self, pid: i32) {
        let group = group_of(pid).filter(|group| *group != pid);
        if let Some(process) = group.and_then(|group| self.process_of_pid(group)) {
            self.threads.insert(pid, Thread::of(process));
            return;
        }
        let parent = parent_of(pid).and_then(|pid| self.process_of_pid(pid));
        let event = self.events.len();
        let process = self.new_process(parent.unwrap_or(0), pid);
        self.threads.insert(pid, Thread::of(process));
        self.early.insert(pid, (process, event));
    }

    /// The report of a birth has come after all.
    fn correct_parent(&mut self, child: ProcessId, parent: ProcessId, event: usize) {
        let former = self.processes[child].parent.replace(parent);
        if former == Some(parent) {
            return;
        }
        if let Some(event) = self.events.get_mut(event) {
            event.process = parent;
        }
        if let Some(live) = former.and_then(|former| self.live.get_mut(&former)) {
            live.children.remove(&child);
        }
        if let Some(live) = self.live.get_mut(&child) {
            live.parent = Some(parent);
        }
        if let Some(live) = self.live.get_mut(&parent) {
            live.children.insert(child);
        }
    }

    /// Whether a process has ended and nobody in the run has waited for it: left to the runner, it is reported twice.
    fn is_known_zombie(&self, pid: i32) -> bool {
        self.process_of_pid(pid).is_some_and(|process| {
            let process = &self.processes[process];
            (process.end.is_some() || self.ending) && process.reaped.is_none()
        })
    }

    fn new_process(&mut self, parent: ProcessId, pid: i32) -> ProcessId {
        let born = self.now();
        let child = self.processes.len();
        self.processes.push(Process {
            pid,
            parent: Some(parent),
            born,
            end: None,
            reaped: None,
            cpu: 0,
        });
        let inherited = self.live.get(&parent);
        let live = Live {
            descriptors: inherited.map_or_else(Descriptors::default, |it| it.descriptors.clone()),
            ignores_children: inherited.is_some_and(|it| it.ignores_children),
            stopped: false,
            alarm: None,
            parent: Some(parent),
            children: BTreeSet::new(),
            reaped_cpu: Duration::ZERO,
        };
        self.live.insert(child, live);
        if let Some(live) = self.live.get_mut(&parent) {
            live.children.insert(child);
        }
        self.by_pid.insert(pid, child);
        self.push(Event {
            at: born,
            until: None,
            process: parent,
            what: What::Fork { child },
        });
        child
    }

    /// The first thread of the process runs a new program; all others have gone.
    fn exec(&mut self, thread: i32, former: i32) {
        let Some(process) = self.threads.get(&thread).map(|it| it.process) else {
            return;
        };
        let caller = if former == thread {
            None
        } else {
            self.threads.remove(&former)
        };
        let call = caller.and_then(|it| it.call);
        self.threads
            .retain(|id, it| *id == thread || it.process != process);
        if let Some(it) = self.threads.get_mut(&thread)
            && call.is_some()
        {
            it.call = call;
        }
        if let Some(live) = self.live.get_mut(&process) {
            live.descriptors.exec();
        }
        // Nothing is left to see of the call's return.
        let call = self.threads.get_mut(&thread).and_then(|it| it.call.take());
        let program = call.and_then(|call| call.path).unwrap_or_default();
        self.note(thread, What::Exec { program });
    }

    fn exiting(&mut self, thread: i32) {
        let Some(it) = self.threads.get_mut(&thread) else {
            return;
        };
        let (process, call) = (it.process, it.call.take().or(it.interrupted.take()));
        // The call that it is in will never return, unless ending is what it does.
        if let Some(call) = call {
            let what = self
                .waited_to_the_end(process, &call)
                .unwrap_or_else(|| returned::unreturned(&call, self.live.get(&process)));
            self.push(Event {
                at: call.at,
                until: None,
                process,
                what,
            });
        }
    }

    fn ended(&mut self, pid: i32, how: Exit, cpu: Duration) {
        let Some(thread) = self.threads.remove(&pid) else {
            // The second report of a process whose parent left it to the runner.
            return;
        };
        let process = thread.process;
        if self.processes[process].pid != pid {
            return;
        }
        let reaped_cpu = self.live.get(&process).map(|live| live.reaped_cpu);
        let own = cpu.saturating_sub(reaped_cpu.unwrap_or_default());
        self.processes[process].cpu = Micros::try_from(own.as_micros()).unwrap_or(Micros::MAX);
        self.cpu.insert(process, cpu);
        if self.ending {
            // The runner's doing, not the program's.
            return;
        }
        let at = self.now();
        self.processes[process].end = Some(End { at, how });
        self.push(Event {
            at,
            until: None,
            process,
            what: What::Exit { how },
        });
        let Some(live) = self.live.remove(&process) else {
            return;
        };
        if live
            .parent
            .and_then(|parent| self.live.get(&parent))
            .is_some_and(|parent| parent.ignores_children)
            && !Path::new(&format!("/proc/{pid}")).exists()
        {
            // Nobody will wait for it: the kernel has discarded it. It keeps a zombie whose parent has just ended, too.
            self.reap(process, None, at);
            if let Some(parent) = live.parent.and_then(|parent| self.live.get_mut(&parent)) {
                parent.children.remove(&process);
            }
        }
        self.note_adoptions(live.children);
    }

    /// The children of a process that has ended have a new parent.
    fn note_adoptions(&mut self, left: BTreeSet<ProcessId>) {
        for child in left {
            // A zombie shows its parent too, unless that has waited for it already.
            let parent = parent_of(self.processes[child].pid);
            let by = parent.and_then(|pid| self.process_of_pid(pid));
            let by = by.filter(|by| self.live.contains_key(by));
            if let Some(live) = self.live.get_mut(&child) {
                live.parent = by;
            }
            if let Some(live) = by.and_then(|by| self.live.get_mut(&by)) {
                live.children.insert(child);
            }
            if self.processes[child].end.is_some() {
                continue;
            }
            let at = self.now();
            self.push(Event {
                at,
                until: None,
                process: child,
                what: What::Adopted { by },
            });
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
            events: self.events,
            events_cut: self.events_cut,
            unreaped,
        }
    }

    /// How the program itself ended, once it has.
    #[must_use]
    pub fn program_end(&self) -> Option<Exit> {
        self.processes[0].end.map(|end| end.how)
    }

    /// Whether some process of the run has not ended.
    #[must_use]
    pub fn is_somebody_left(&self) -> bool {
        !self.threads.is_empty() || !self.unborn.is_empty()
    }

    /// Whether a signal has stopped this process.
    #[must_use]
    pub fn is_stopped(&self, pid: i32) -> bool {
        let thread = self.threads.get(&pid);
        let live = thread.and_then(|thread| self.live.get(&thread.process));
        live.is_some_and(|live| live.stopped)
    }

    /// Whether some process has an alarm that is still to come: then nobody is hung yet.
    #[must_use]
    pub fn awaits_alarm(&self) -> bool {
        let now = Instant::now();
        let mut alarms = self.live.values().filter_map(|live| live.alarm);
        alarms.any(|alarm| alarm > now)
    }

    /// The program's process id.
    #[must_use]
    pub fn program(&self) -> i32 {
        self.program
    }

    fn now(&self) -> Micros {
        Micros::try_from(self.started.elapsed().as_micros()).unwrap_or(Micros::MAX)
    }

    fn live_of(&mut self, thread: i32) -> Option<&mut Live> {
        let process = self.threads.get(&thread)?.process;
        self.live.get_mut(&process)
    }

    /// The process that has this id now, or had it last.
    fn process_of_pid(&self, pid: i32) -> Option<ProcessId> {
        self.by_pid.get(&pid).copied()
    }

    /// Something that happened to a thread's process just now.
    fn note(&mut self, thread: i32, what: What) {
        let at = self.now();
        if let Some(process) = self.threads.get(&thread).map(|it| it.process) {
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

    fn reap(&mut self, child: ProcessId, by: Option<ProcessId>, at: Micros) {
        self.processes[child].reaped = Some(Reaped { at, by });
        let cpu = self.cpu.remove(&child).unwrap_or_default();
        if let Some(live) = by.and_then(|by| self.live.get_mut(&by)) {
            live.children.remove(&child);
            live.reaped_cpu += cpu;
        }
    }
}

impl guard::Run for Recorder {
    fn is_inside(&self, id: i32) -> bool {
        self.threads.contains_key(&id)
            || self
                .process_of_pid(id)
                .is_some_and(|process| self.processes[process].reaped.is_none())
    }

    fn was_inside(&self, id: i32) -> bool {
        self.by_pid.contains_key(&id)
    }
}

/// The address of the path that a call names.
fn path_argument(name: &str, call: &Call) -> Option<u64> {
    let [first, second, ..] = call.arguments;
    let at_folder = [
        libc::SYS_openat,
        libc::SYS_mknodat,
        libc::SYS_unlinkat,
        libc::SYS_execveat,
        libc::SYS_renameat,
        libc::SYS_renameat2,
        libc::SYS_linkat,
    ];
    match name {
        "open" | "mknod" | "unlink" | "execve" | "execveat" | "rename" | "link" => {
            Some(if at_folder.contains(&call.number) {
                second
            } else {
                first
            })
        }
        "mq_open" | "mq_unlink" => Some(first),
        "prctl" if first == u64::try_from(libc::PR_SET_NAME).unwrap_or(0) => Some(second),
        _ => None,
    }
}

/// The process that a thread belongs to.
fn group_of(thread: i32) -> Option<i32> {
    status_field(thread, "Tgid:")
}

fn parent_of(pid: i32) -> Option<i32> {
    status_field(pid, "PPid:")
}

fn status_field(pid: i32, name: &str) -> Option<i32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().parse().ok()
}

/// The flags of a call that makes a process or a thread, as `clone(2)` has them.
fn birth_flags(thread: i32, call: &InCall) -> Option<u64> {
    let first = call.call.arguments[0];
    match call.name {
        "fork" => Some(0),
        "vfork" => Some(u64_of(libc::CLONE_VFORK)),
        "clone" => Some(first),
        // They are the first field of what its argument points to.
        "clone3" => memory::bytes(thread, first).map(u64::from_ne_bytes),
        _ => None,
    }
}

fn u64_of(flag: libc::c_int) -> u64 {
    u64::from(flag.cast_unsigned())
}
