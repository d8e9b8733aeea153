//! What evidence can state: a type for each kind, in the order of the fields of [`super::Evidence`]. It is one file because it is one list.

use nix::errno::Errno;
use serde::Deserialize;

use super::calls::{countable, moves_data};
use super::{Count, Ended, SignalName, Which, Who};

/// `forked = { by = "main", count = "args" }`: so many processes are made, by all of `by` together.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forked {
    /// Who forks; the program by default.
    #[serde(default)]
    pub by: Who,
    /// How many.
    pub count: Count,
}

/// `threads = { process = "main/1", count = 3 }`: each of these processes makes so many threads, beside the one that it begins with.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threads {
    /// Who; the program by default. At least one process.
    #[serde(default)]
    pub process: Who,
    /// How many.
    pub count: Count,
}

/// `parallel = {}`: no wait of a process for a child or a signal between two of its forks.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parallel {
    /// Who forks; the program by default.
    pub by: Who,
    /// Whether a read of what a child has written counts as a wait, too.
    pub reads: bool,
}

/// `unreaped_at_once = { count = "..=4" }`: the most children that a process has at one time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnreapedAtOnce {
    /// Whose children; the program's by default.
    #[serde(default)]
    pub children_of: Who,
    /// The most at one time.
    pub count: Count,
}

/// `reaped = { by = "main" }`: every child is waited for. A child that the kernel discards because SIGCHLD is ignored
/// counts as waited for, unless `by` is given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReapedAll {
    /// Whose children; the program's by default.
    pub children_of: Who,
    /// Who waits for them; anybody by default.
    pub by: Option<Who>,
}

/// `zombies = { longest_ms = 100 }` or `zombies = { count = 1 }`. At least one of the two is given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Zombies {
    /// Whose children; the program's by default.
    pub children_of: Who,
    /// No child is a zombie for longer than this, in milliseconds.
    pub longest_ms: Option<u64>,
    /// So many children are zombies while nobody waits for them: they end before the call begins that reaps them. More than that
    /// can happen by chance, so an upper bound holds only where the program itself sees to it.
    pub count: Option<Count>,
}

/// `adopted = { process = "main/1", by = "system", count = 1 }`: so many of the processes get a new parent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdoptedOrphans {
    /// The orphans; any process by default.
    #[serde(default = "any")]
    pub process: Who,
    /// Their new parent; anybody by default.
    #[serde(default)]
    pub by: Option<Adopter>,
    /// How many; at least one by default.
    #[serde(default = "some")]
    pub count: Count,
}

/// Who adopts an orphan: `system`, which is the first process of the system, or a process of the run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Adopter {
    /// The first process of the system, whose place the runner takes.
    System,
    /// A process of the run.
    Process(Who),
}

impl TryFrom<String> for Adopter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "system" => Ok(Self::System),
            _ => text.parse().map(Self::Process),
        }
    }
}

/// `executed = { by = "main/*", program = "sort", count = 1 }`: so many successful execs, by all of `by` together.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Executed {
    /// Who calls exec; any process by default.
    #[serde(default = "any")]
    pub by: Who,
    /// The program: its path as given, or its file name; any program by default. `/proc/self/exe` is the program itself, by
    /// whatever path.
    #[serde(default)]
    pub program: Option<String>,
    /// How many.
    pub count: Count,
}

/// `named = { process = "main/*", names = ["reader", "writer"] }`: each process has a name of its own, by
/// `PR_SET_NAME` in it or in its parent before the fork. A name that is written to `/proc/self/comm` is not seen.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Who.
    pub process: Who,
    /// The names that they have at last, in any order, each once; the kernel cuts them to 15 bytes. Where it is empty, any name will do.
    #[serde(default)]
    pub names: Vec<String>,
}

/// `ended = { process = "main/*", how = [0, "SIGTERM"] }`: each process ends in one of these ways, and each way is seen.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndedAs {
    /// Who; at least one process.
    pub process: Who,
    /// Exit codes and signals.
    pub how: Vec<Ended>,
}

/// `closed = { process = "main", end = "write", object = "pipe", before = "its-own-use" }`: the process has closed its end by then.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedInTime {
    /// Who must not have it open.
    pub process: Who,
    /// Which end.
    pub end: PipeEnd,
    /// Of which object.
    pub object: Which,
    /// By when.
    pub before: Before,
}

/// An end of a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PipeEnd {
    /// The read end.
    Read,
    /// The write end.
    Write,
}

/// The moment by which an end must be closed. Each is a point in the process's own course, so it does not depend on who
/// happens to run first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Before {
    /// The process's own first transfer through the other end of the object.
    ItsOwnUse,
    /// The first time that the process waits for something else (a child, a signal, other data) or ends, where another
    /// process uses the other end.
    ItWaits,
    /// The process's end.
    ItsEnd,
}

/// `no_leak_at_exec = {}`: a program that is executed gets no descriptor but 0, 1, 2 and those allowed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoLeakAtExec {
    /// Who calls exec; any process by default.
    pub by: Who,
    /// Descriptors that the program is meant to get.
    pub allowed: Vec<i32>,
}

impl Default for NoLeakAtExec {
    fn default() -> Self {
        Self {
            by: Who::Any,
            allowed: Vec::new(),
        }
    }
}

/// `none_left_open = { object = "pipe" }`: a process that exits has closed every descriptor but 0, 1 and 2.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoneLeftOpen {
    /// Who; the program by default.
    pub process: Who,
    /// To what; any object by default.
    pub object: Which,
}

impl Default for NoneLeftOpen {
    fn default() -> Self {
        Self {
            process: Who::default(),
            object: Which::Any,
        }
    }
}

/// `none_closed_twice = {}`: no `close` fails with EBADF.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoneClosedTwice {
    /// Who; any process by default.
    pub process: Who,
}

impl Default for NoneClosedTwice {
    fn default() -> Self {
        Self { process: Who::Any }
    }
}

/// `transferred = { from = "main/1", to = "main", through = "pipe", bytes = "2382.." }`: data that one process puts in and another takes out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transferred {
    /// Who puts it in.
    pub from: Who,
    /// Who takes it out.
    pub to: Who,
    /// Through what.
    pub through: Which,
    /// How many bytes, all transfers together; at least one by default.
    #[serde(default = "some")]
    pub bytes: Count,
    /// In how many pieces they are taken out: messages, where the object keeps messages apart.
    #[serde(default)]
    pub messages: Option<Count>,
    /// The order in which messages of a queue come out.
    #[serde(default)]
    pub priorities: Option<PriorityOrder>,
    /// How many different priorities the messages have.
    #[serde(default)]
    pub distinct_priorities: Option<Count>,
}

/// The order of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriorityOrder {
    /// Each message is at most as urgent as the one before it.
    NonIncreasing,
}

/// `writes = { by = "main/*", object = "fifo", count = 12, longest = 4096 }`: the calls that put data into an object, whoever
/// takes it out. At least one of the two limits is given.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Writes {
    /// Who makes them; any process by default.
    #[serde(default = "any")]
    pub by: Who,
    /// Into what.
    pub object: Which,
    /// How many calls, those of all objects that are meant together.
    #[serde(default)]
    pub count: Option<Count>,
    /// The most bytes of one call.
    #[serde(default)]
    pub longest: Option<u64>,
}

/// `mapped = { by = ["main", "main/1"], object = "shared-memory /array" }`: all of these processes have one object in their memory, by
/// mmap or from their parent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapped {
    /// Who.
    pub by: Vec<Who>,
    /// What; any object by default.
    #[serde(default = "any_object")]
    pub object: Which,
    /// How many bytes are mapped; at least one by default.
    #[serde(default = "some")]
    pub bytes: Count,
    /// Whether each of them must have read or written some of it, too: a mapping alone brings nothing into memory.
    #[serde(default)]
    pub resident: bool,
}

/// `waiting = { process = "main", cpu_ms = 50, polls = 100, in_a_row = 20, cpu_ms_while_stopped = 50 }`: at least one of the limits
/// is given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Waiting {
    /// Who; the program by default.
    pub process: Who,
    /// The most CPU time of such a process, in milliseconds.
    pub cpu_ms: Option<u64>,
    /// The most CPU time of such a process while an intervention of the case holds another one still, in milliseconds: who
    /// spins for a while and then sleeps stays below it.
    pub cpu_ms_while_stopped: Option<u64>,
    /// The most calls by which such a process asks instead of waiting: `waitpid` and reads that find nothing, `kill` with signal 0,
    /// `poll`, `select`, `epoll_wait`, `nanosleep`, `sched_yield`. The Rust runtime makes one `poll` before `main`.
    pub polls: Option<u64>,
    /// The most of them, without those that can wait for a while (`poll`, `select`, `epoll_wait`, `nanosleep`, and whatever finds
    /// nothing in a socket that has a timeout), in a row: nothing else is done between them. Who looks and naps by turns has none; who only looks has as many as the machine lets it.
    pub in_a_row: Option<u64>,
}

/// `computed = { process = "main/*", cpu_ms = "100.." }`: so much CPU time the processes have used, all of them together.
///
/// What a program has to compute takes so much on any machine and under any load, where it is CPU time by which its length is given.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Computed {
    /// Who.
    pub process: Who,
    /// How many milliseconds.
    pub cpu_ms: Count,
}

/// `order = { last = { process = "main/*", does = "exit" }, before_first = { does = "write", object = "pipe" } }`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderOfEvents {
    /// The last such event comes before ...
    pub last: Moment,
    /// ... the first such event. Both must happen.
    pub before_first: Moment,
}

/// Events of one kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// In which processes; the program by default.
    #[serde(default)]
    pub process: Who,
    /// What they do.
    pub does: Deed,
    /// With `does = "call"`: the call's name.
    #[serde(default)]
    pub call: Option<String>,
    /// With what; anything by default.
    #[serde(default)]
    pub object: Option<Which>,
    /// With `does = "send-signal"` and `"get-signal"`: which one; any by default.
    #[serde(default)]
    pub signal: Option<SignalName>,
}

impl Moment {
    pub(super) fn needs_data(&self) -> bool {
        matches!(self.does, Deed::Read | Deed::Write)
            || self.call.as_deref().is_some_and(moves_data)
    }

    pub(super) fn fault(&self) -> Option<&'static str> {
        if let Some(fault) = self.call.as_deref().and_then(|call| countable(call).err()) {
            return Some(fault);
        }
        if (self.does == Deed::Call) != self.call.is_some() {
            return Some("`call` goes with `does = \"call\"`, and with nothing else");
        }
        let is_signal = matches!(self.does, Deed::SendSignal | Deed::GetSignal);
        (self.signal.is_some() && !is_signal)
            .then_some("`signal` goes with `does = \"send-signal\"` and `\"get-signal\"`")
    }
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// It forks.
    Fork,
    /// It executes a program.
    Exec,
    /// It ends.
    Exit,
    /// It reaps a child.
    Reap,
    /// It changes its name.
    Rename,
    /// It sends a signal.
    SendSignal,
    /// A signal reaches it.
    GetSignal,
    /// It gets a descriptor.
    Open,
    /// It closes a descriptor.
    Close,
    /// It takes data out.
    Read,
    /// It puts data in.
    Write,
    /// It maps memory.
    Map,
    /// It makes the call that `call` names, with success.
    Call,
}

/// `signaled = { from = "main", to = "main/1", signal = "SIGTERM", count = 1, ended = "SIGTERM" }`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signaled {
    /// Who sends it; any process by default.
    #[serde(default = "any")]
    pub from: Who,
    /// Who gets it.
    pub to: Who,
    /// The signal.
    pub signal: SignalName,
    /// How often, all receivers together; at least once by default.
    #[serde(default = "some")]
    pub count: Count,
    /// How each receiver ends.
    #[serde(default)]
    pub ended: Option<Ended>,
}

/// `aimed = { from = "main", by_number = false }`: no signal is sent, and no pidfd opened, for the number of a process that has been waited
/// for already or for a number that is nobody's (ESRCH): it can be a stranger's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Aimed {
    /// Who sends; any process by default.
    pub from: Who,
    /// Whether a signal to another process of the run may be sent by its number at all (kill, sigqueue, tgkill); true by default. What comes
    /// between a question and the kill is not always seen.
    pub by_number: bool,
}

impl Default for Aimed {
    fn default() -> Self {
        Self {
            from: Who::Any,
            by_number: true,
        }
    }
}

/// `grace = { from = "main", to = "main/*", ms = 200 }`: who gets SIGKILL got SIGTERM so long before, and had not ended by then.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grace {
    /// Who sends the signals; the program by default.
    #[serde(default)]
    pub from: Who,
    /// Who gets them.
    pub to: Who,
    /// The grace period in milliseconds.
    pub ms: u64,
}

/// `synced = { by = "main/*", count = 3 }`: so many files are renamed, each after fsync or fdatasync, and not written in between.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Synced {
    /// Who renames; any process by default.
    #[serde(default = "any")]
    pub by: Who,
    /// How many renames; at least one by default.
    #[serde(default = "some")]
    pub count: Count,
}

/// `calls = { names = ["nanosleep"], count = 0 }`: forbidden with `count = 0`, else required.
///
/// The names are those of the record: `waitpid`, `open`, `pipe`, `kill`, `nanosleep` and so on, without the kernel's numbers and
/// prefixes; `fork`, `exec`, `waitpid` and `kill` stand for all their forms. Calls that fail count only where none is allowed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    /// Who; any process by default.
    #[serde(default = "any")]
    pub by: Who,
    /// The calls, counted together.
    pub names: Vec<String>,
    /// Only those that fail with this error, by its name in `errno(3)`.
    #[serde(default)]
    pub error: Option<String>,
    /// How many.
    pub count: Count,
}

impl Calls {
    pub(super) fn fault(&self) -> Option<&'static str> {
        if self.names.is_empty() {
            return Some("`calls` names no call");
        }
        if let Some(fault) = self.names.iter().find_map(|name| countable(name).err()) {
            return Some(fault);
        }
        let error = self.error.as_ref()?;
        let is_known = (1..=LAST_ERROR).any(|number| error_name(number) == *error);
        (!is_known).then_some("unknown error: write it as in errno(3), such as EAGAIN")
    }
}

/// The largest number of an error on Linux.
const LAST_ERROR: i32 = 133;

/// The name that the record has for an error.
fn error_name(number: i32) -> String {
    format!("{:?}", Errno::from_raw(number))
}

fn any() -> Who {
    Who::Any
}

fn any_object() -> Which {
    Which::Any
}

fn some() -> Count {
    Count::at_least(1)
}
