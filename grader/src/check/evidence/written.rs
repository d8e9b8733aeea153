//! Records written down by hand, for tests: one line for each thing that happens.

use crate::record::{
    Direction, End, Ending, Event, Exit, Object, ObjectId, ObjectKind, Process, ProcessId,
    RECORD_VERSION, Reaped, Record, Resident, STDOUT, Usage, Used, What,
};

/// How long everything takes, in microseconds.
const STEP: u64 = 10;

/// A record that grows. Its first process is the program.
pub(super) struct Written {
    pub(super) record: Record,
    now: u64,
}

impl Written {
    pub(super) fn new() -> Self {
        let mut written = Self {
            record: Record {
                version: RECORD_VERSION,
                ending: Ending::Exited { code: 0 },
                stdout: Vec::new(),
                stderr: Vec::new(),
                traced: true,
                events_cut: false,
                processes: Vec::new(),
                objects: Vec::new(),
                events: Vec::new(),
                unreaped: Vec::new(),
                alive: Vec::new(),
                leftovers: Vec::new(),
                layers: Vec::new(),
                unobserved: Vec::new(),
                resident: Vec::new(),
                usage: Usage::default(),
            },
            now: 0,
        };
        written.born(None);
        written.exec(0, "target/debug/program");
        written
    }

    fn born(&mut self, parent: Option<ProcessId>) -> ProcessId {
        let id = self.record.processes.len();
        self.record.processes.push(Process {
            pid: 2 + i32::try_from(id).unwrap(),
            parent,
            born: self.now,
            end: None,
            reaped: None,
            cpu: 0,
            threads: 0,
        });
        id
    }

    /// The grader leaves a process standing, and meanwhile others use so many milliseconds of CPU time.
    pub(super) fn is_stopped(&mut self, process: ProcessId, used: &[(ProcessId, u64)]) {
        let what = "stopped for 500 ms before `write`".to_owned();
        let used = used.iter().map(|(process, ms)| Used {
            process: *process,
            cpu: ms * 1000,
        });
        let meanwhile = used.collect();
        self.note(process, What::Intervention { what, meanwhile });
    }

    /// The process has read or written so many bytes of an object that it has mapped.
    pub(super) fn touches(&mut self, process: ProcessId, object: ObjectId, bytes: u64) {
        self.record.resident.push(Resident {
            process,
            object,
            bytes,
        });
    }

    fn note(&mut self, process: ProcessId, what: What) {
        self.since(self.now, process, what);
    }

    /// A call that began earlier and returns now.
    fn since(&mut self, at: u64, process: ProcessId, what: What) {
        self.now += STEP;
        self.record.events.push(Event {
            at,
            until: Some(self.now),
            process,
            what,
        });
    }

    pub(super) fn now(&self) -> u64 {
        self.now
    }

    /// Time passes.
    pub(super) fn pass_ms(&mut self, ms: u64) {
        self.now += ms * 1000;
    }

    pub(super) fn fork(&mut self, parent: ProcessId) -> ProcessId {
        let child = self.born(Some(parent));
        self.note(parent, What::Fork { child });
        child
    }

    pub(super) fn makes_threads(&mut self, process: ProcessId, count: usize) {
        self.record.processes[process].threads += count;
    }

    pub(super) fn exec(&mut self, process: ProcessId, program: &str) {
        let program = program.to_owned();
        self.note(process, What::Exec { program });
    }

    pub(super) fn name(&mut self, process: ProcessId, name: &str) {
        let name = name.to_owned();
        self.note(process, What::Name { name });
    }

    fn end(&mut self, process: ProcessId, how: Exit) {
        self.note(process, What::Exit { how });
        self.record.processes[process].end = Some(End { at: self.now, how });
    }

    pub(super) fn exit(&mut self, process: ProcessId, code: i32) {
        self.end(process, Exit::Code(code));
    }

    pub(super) fn dies(&mut self, process: ProcessId, signal: i32) {
        self.end(process, Exit::Signal(signal));
    }

    /// A wait that begins now.
    pub(super) fn reap(&mut self, parent: ProcessId, child: ProcessId) {
        self.reap_since(self.now, parent, child);
    }

    /// A wait that began before the child ended.
    pub(super) fn reap_blocked(&mut self, parent: ProcessId, child: ProcessId) {
        let at = self.record.processes[child].end.unwrap().at;
        self.reap_since(at - 1, parent, child);
    }

    fn reap_since(&mut self, at: u64, parent: ProcessId, child: ProcessId) {
        self.since(
            at,
            parent,
            What::Reap {
                child,
                only_asked: false,
            },
        );
        self.record.processes[child].reaped = Some(Reaped {
            at: self.now,
            by: Some(parent),
        });
    }

    /// The kernel discards a child.
    pub(super) fn discarded(&mut self, child: ProcessId) {
        let at = self.now;
        self.record.processes[child].reaped = Some(Reaped { at, by: None });
    }

    pub(super) fn adopted(&mut self, process: ProcessId, by: Option<ProcessId>) {
        self.note(process, What::Adopted { by });
    }

    pub(super) fn object(&mut self, kind: ObjectKind, name: Option<&str>) -> ObjectId {
        let same = self.record.objects.iter().filter(|it| it.kind == kind);
        let number = same.count() + 1;
        let name = name.map(str::to_owned);
        self.record.objects.push(Object { kind, number, name });
        self.record.objects.len() - 1
    }

    /// A pipe whose ends are these two descriptors.
    pub(super) fn pipe(&mut self, process: ProcessId, ends: [i32; 2]) -> ObjectId {
        let pipe = self.object(ObjectKind::Pipe, None);
        self.open_by("pipe", process, ends[0], pipe, "r");
        self.open_by("pipe", process, ends[1], pipe, "w");
        pipe
    }

    /// `how` has the letters `r`, `w` and, for close-on-exec, `e`.
    pub(super) fn open(
        &mut self,
        process: ProcessId,
        descriptor: i32,
        object: ObjectId,
        how: &str,
    ) {
        self.open_by("open", process, descriptor, object, how);
    }

    fn open_by(
        &mut self,
        call: &str,
        process: ProcessId,
        descriptor: i32,
        object: ObjectId,
        how: &str,
    ) {
        self.note(
            process,
            What::Open {
                call: call.to_owned().into(),
                descriptor,
                object,
                reads: how.contains('r'),
                writes: how.contains('w'),
                close_on_exec: how.contains('e'),
            },
        );
    }

    pub(super) fn close(&mut self, process: ProcessId, descriptor: i32) {
        let object = None;
        self.note(process, What::Close { descriptor, object });
    }

    fn transfer(
        &mut self,
        process: ProcessId,
        object: ObjectId,
        direction: Direction,
        bytes: u64,
        priority: Option<u32>,
    ) {
        let call = match direction {
            Direction::In => "read",
            Direction::Out => "write",
        };
        self.note(
            process,
            What::Transfer {
                call: call.to_owned().into(),
                direction,
                descriptor: 3,
                object,
                bytes,
                priority,
            },
        );
    }

    pub(super) fn write(&mut self, process: ProcessId, object: ObjectId, bytes: u64) {
        self.transfer(process, object, Direction::Out, bytes, None);
    }

    /// Prints to standard output.
    pub(super) fn prints(&mut self, process: ProcessId, text: &str) {
        let begun = self.now;
        self.prints_since(begun, process, text);
    }

    /// Two processes are in their calls at the same time.
    pub(super) fn print_at_once(&mut self, prints: [(ProcessId, &str); 2]) {
        let begun = self.now;
        for (process, text) in prints {
            self.prints_since(begun, process, text);
        }
    }

    /// Prints in a call that began earlier.
    pub(super) fn prints_since(&mut self, begun: u64, process: ProcessId, text: &str) {
        let is_stdout = |it: &Object| it.name.as_deref() == Some(STDOUT);
        let known = self.record.objects.iter().position(is_stdout);
        let object = known.unwrap_or_else(|| self.object(ObjectKind::Other, Some(STDOUT)));
        self.record.stdout.extend(text.as_bytes());
        self.since(
            begun,
            process,
            What::Transfer {
                call: "write".into(),
                direction: Direction::Out,
                descriptor: 1,
                object,
                bytes: text.len().try_into().unwrap(),
                priority: None,
            },
        );
    }

    pub(super) fn read(&mut self, process: ProcessId, object: ObjectId, bytes: u64) {
        self.transfer(process, object, Direction::In, bytes, None);
    }

    pub(super) fn send(&mut self, process: ProcessId, queue: ObjectId, bytes: u64, priority: u32) {
        self.transfer(process, queue, Direction::Out, bytes, Some(priority));
    }

    pub(super) fn receive(
        &mut self,
        process: ProcessId,
        queue: ObjectId,
        bytes: u64,
        priority: u32,
    ) {
        self.transfer(process, queue, Direction::In, bytes, Some(priority));
    }

    pub(super) fn map(&mut self, process: ProcessId, object: ObjectId, bytes: u64) {
        self.note(process, What::Map { object, bytes });
    }

    pub(super) fn call(&mut self, process: ProcessId, call: &str) {
        self.call_about(process, call, None, None, None);
    }

    pub(super) fn fails(&mut self, process: ProcessId, call: &str, error: &str) {
        self.call_about(process, call, None, None, Some(error));
    }

    pub(super) fn call_about(
        &mut self,
        process: ProcessId,
        call: &str,
        object: Option<ObjectId>,
        detail: Option<&str>,
        error: Option<&str>,
    ) {
        self.note(
            process,
            What::Call {
                call: call.to_owned().into(),
                descriptor: object.map(|_| 3),
                object,
                detail: detail.map(str::to_owned),
                error: error.map(str::to_owned),
            },
        );
    }

    pub(super) fn marks(&mut self, process: ProcessId, descriptor: i32, flag: &str) {
        self.note(
            process,
            What::Call {
                call: "fcntl".into(),
                descriptor: Some(descriptor),
                object: None,
                detail: Some(flag.to_owned()),
                error: None,
            },
        );
    }

    pub(super) fn kill(&mut self, from: ProcessId, to: ProcessId, signal: i32) {
        let target = i64::from(self.record.processes[to].pid);
        let to = Some(to);
        self.note(from, What::Kill { to, target, signal });
    }

    pub(super) fn kill_group(&mut self, from: ProcessId, signal: i32) {
        let (to, target) = (None, 0);
        self.note(from, What::Kill { to, target, signal });
    }

    pub(super) fn gets(&mut self, process: ProcessId, signal: i32, from: ProcessId) {
        let from = Some(from);
        self.note(process, What::Signal { signal, from });
    }

    pub(super) fn uses_cpu_ms(&mut self, process: ProcessId, ms: u64) {
        self.record.processes[process].cpu += ms * 1000;
    }
}
