//! The record: everything that was seen of one run, as plain data.
//!
//! The runner (`sandbox`, with `trace`) produces a record once; checks, explanations and pictures are pure functions
//! of it. Nothing here touches a process, a file or a clock.
//!
//! Processes and objects are numbered by their place in [`Record::processes`] and [`Record::objects`]. Processes stand in the
//! order of their tree, each before its children, siblings in order of birth, and the program itself is process 0: so the numbers
//! do not tell who of two that ran at once forked first. Times are microseconds of the monotonic clock since the program's start.
//! They are for pictures and for durations that an exercise is about; no two events are ordered by time, but by
//! their place in [`Record::events`]: a call stands where it returned, and one that never returned where its process
//! ended.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub mod alive;
mod comparable;
pub(crate) mod layer;
pub(crate) mod order;
mod output;
mod who;

pub use alive::Alive;
pub use layer::{Layer, LayerState, Mode, Refusal};
pub use output::{STDOUT, Written};
pub use who::{ANY_CALL, Step, Who};

/// Version of the record's JSON form; it changes whenever a field changes its meaning.
pub const RECORD_VERSION: u32 = 3;

/// Microseconds since the program's start.
pub type Micros = u64;

/// The place of a process in [`Record::processes`].
pub type ProcessId = usize;

/// The place of an object in [`Record::objects`].
pub type ObjectId = usize;

/// Everything seen of one run of one program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// [`RECORD_VERSION`] of the grader that wrote the record.
    pub version: u32,
    /// How the run ended.
    pub ending: Ending,
    /// What the program and its descendants wrote to standard output, cut at the limit.
    #[serde(with = "bytes")]
    pub stdout: Vec<u8>,
    /// What they wrote to standard error, cut at the limit.
    #[serde(with = "bytes")]
    pub stderr: Vec<u8>,
    /// Whether system calls were traced. Without a trace the fields from `processes` to `events` are empty.
    pub traced: bool,
    /// Whether the run had more events than are kept: the first ones are there, the others are not.
    pub events_cut: bool,
    /// Every process of the run, each before its children, siblings in order of birth; the first is the program itself.
    pub processes: Vec<Process>,
    /// Everything that processes shared or opened by name, in the order in which processes first used it, one process after the
    /// other.
    pub objects: Vec<Object>,
    /// What happened, in the order in which it was over.
    pub events: Vec<Event>,
    /// What each process has used of the memory that others can share, where the case asked for it.
    #[serde(default)]
    pub resident: Vec<Resident>,
    /// Processes that nobody in the run waited for, in the order of `processes`; without a trace in the order in which the runner
    /// reaped them.
    pub unreaped: Vec<Unreaped>,
    /// Processes found alive when the run hung or exceeded a limit, the program first.
    pub alive: Vec<Alive>,
    /// Objects that outlived the run.
    pub leftovers: Vec<Leftover>,
    /// The protections that the run had, and those that this host refused.
    #[serde(default)]
    pub layers: Vec<Layer>,
    /// Evidence that this host could not give, each with the reason.
    pub unobserved: Vec<Unobserved>,
    /// What the run used. Never part of a verdict.
    pub usage: Usage,
}

/// One process of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Its process id.
    pub pid: i32,
    /// The process that forked it; `None` for the program itself.
    pub parent: Option<ProcessId>,
    /// When it was born.
    pub born: Micros,
    /// Its end; `None` where the runner ended it, or the record was cut before.
    pub end: Option<End>,
    /// Who waited for it, and when; `None` where nobody in the run did.
    pub reaped: Option<Reaped>,
    /// The CPU time that it used, in microseconds.
    pub cpu: Micros,
    /// How many threads it made, beside the one that it began with; unknown in records of earlier versions.
    #[serde(default)]
    pub threads: usize,
}

/// The end of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// When.
    pub at: Micros,
    /// How.
    pub how: Exit,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// It called `_exit` with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

/// That a process was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reaped {
    /// When.
    pub at: Micros,
    /// By which process; `None` where the kernel discarded it because its parent ignores SIGCHLD.
    pub by: Option<ProcessId>,
}

/// Something that processes share, or open by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its number among the objects of its kind, from 1: "pipe 2".
    pub number: usize,
    /// Its name, where it has one: a path relative to the work folder, `/name` for queues and shared memory.
    pub name: Option<String>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When it happened, or when its call began.
    pub at: Micros,
    /// When its call returned, or a process that was left standing went on; `None` for what took no time, and for calls that
    /// never returned.
    pub until: Option<Micros>,
    /// The process in which it happened.
    pub process: ProcessId,
    /// What happened.
    pub what: What,
}

/// What happened. Failed calls are [`What::Call`] with their error, whatever they would have done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum What {
    /// It forked (fork, vfork, clone without CLONE_THREAD).
    Fork {
        /// The new process.
        child: ProcessId,
    },
    /// It started to run another program.
    Exec {
        /// The program's path, as given.
        program: String,
    },
    /// It changed its name (`PR_SET_NAME`).
    Name {
        /// The name, cut by the kernel to 15 bytes.
        name: String,
    },
    /// It ended.
    Exit {
        /// How.
        how: Exit,
    },
    /// It waited for a child that had ended.
    Reap {
        /// The child.
        child: ProcessId,
        /// Whether the call only asked (WNOHANG), and would not have waited.
        #[serde(default)]
        only_asked: bool,
    },
    /// It got a new parent because its own had ended.
    Adopted {
        /// The new parent; `None` where it is the runner, in the place of the system's first process.
        by: Option<ProcessId>,
    },
    /// It sent a signal.
    Kill {
        /// The receiver, where it is one process of the run.
        to: Option<ProcessId>,
        /// The first argument of the call, as in `kill(2)`: a pid, or a group as a negative number.
        target: i64,
        /// The signal's number; 0 only asks whether the receiver exists.
        signal: i32,
    },
    /// A signal reached it.
    Signal {
        /// The signal's number.
        signal: i32,
        /// The sender, where it is a process of the run.
        from: Option<ProcessId>,
    },
    /// A signal stopped it.
    Stop {
        /// The signal's number.
        signal: i32,
    },
    /// It goes on after a stop.
    Continue,
    /// It got a descriptor. A pipe and a pair of sockets are two such events, one after the other.
    Open {
        /// The call, such as `pipe` or `dup2`; unknown in records of earlier versions.
        #[serde(default)]
        call: Cow<'static, str>,
        /// The descriptor.
        descriptor: i32,
        /// What it refers to.
        object: ObjectId,
        /// Whether it can read.
        reads: bool,
        /// Whether it can write.
        writes: bool,
        /// Whether exec closes it.
        close_on_exec: bool,
    },
    /// It closed a descriptor that was open.
    Close {
        /// The descriptor.
        descriptor: i32,
        /// What it referred to, where that is known.
        object: Option<ObjectId>,
    },
    /// It moved data through an object.
    Transfer {
        /// The call, such as `read`.
        call: Cow<'static, str>,
        /// Whether data went in or came out.
        direction: Direction,
        /// The descriptor.
        descriptor: i32,
        /// The object.
        object: ObjectId,
        /// How many bytes.
        bytes: u64,
        /// The priority, of a message of a POSIX queue.
        priority: Option<u32>,
    },
    /// It mapped memory that others can share.
    Map {
        /// What is mapped.
        object: ObjectId,
        /// How many bytes.
        bytes: u64,
    },
    /// Another traced call.
    Call {
        /// Its name.
        call: Cow<'static, str>,
        /// The descriptor that it is about.
        descriptor: Option<i32>,
        /// The object that it is about.
        object: Option<ObjectId>,
        /// What else is worth knowing: a path, a child's number.
        detail: Option<String>,
        /// The error's name, such as EBADF, where it failed.
        error: Option<String>,
    },
    /// The recorder did something to the run.
    Intervention {
        /// What it did, in words.
        what: String,
        /// Where the process was left standing: the CPU time of the others until it went on.
        #[serde(default)]
        meanwhile: Vec<Used>,
    },
}

/// Memory that others can share, as far as a process has read or written it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resident {
    /// The process.
    pub process: ProcessId,
    /// What is mapped.
    pub object: ObjectId,
    /// How many bytes it has touched at the most, in whole pages.
    pub bytes: u64,
}

/// CPU time that a process used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Used {
    /// The process.
    pub process: ProcessId,
    /// The CPU time of all its threads, in microseconds.
    pub cpu: Micros,
}

/// Which way data went, seen from the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From the object into the process.
    In,
    /// From the process into the object.
    Out,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "how")]
pub enum Ending {
    /// The program called `exit` or `_exit`, or returned from `main`; see `wait(2)`.
    Exited {
        /// The low eight bits of its argument.
        code: i32,
    },
    /// A signal ended the program.
    Signaled {
        /// The signal's number, real-time signals included.
        signal: i32,
    },
    /// Every process slept in a call that only another process of the run could end.
    Hung,
    /// The run exceeded a limit and was ended by the runner.
    Exceeded {
        /// The limit that was exceeded.
        limit: Limit,
    },
}

/// A limit of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Wall-clock time.
    Time,
    /// CPU time of one process.
    Cpu,
    /// Bytes written to standard output and standard error together.
    Output,
    /// Processes alive at once.
    Processes,
    /// Memory of one process.
    Memory,
    /// The size of a file.
    FileSize,
    /// All files, or all shared memory objects, together.
    Disk,
}

/// A process that its parent left behind, alive or as a zombie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unreaped {
    /// Its process id.
    pub pid: i32,
    /// Its end: true when it was still running after the program's end and the runner killed it.
    pub still_running: bool,
}

/// A kernel object or file that outlived the run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leftover {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name: a path in the work folder, or `/name` for queues and shared memory.
    pub name: String,
}

/// Kinds of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    /// An anonymous pipe, `pipe(7)`.
    Pipe,
    /// A named pipe, `fifo(7)`.
    Fifo,
    /// A socket of any domain, `socket(7)`; a path where it is one of the file system, `unix(7)`.
    Socket,
    /// A POSIX shared memory object, `shm_overview(7)`, or a memfd.
    SharedMemory,
    /// Memory that is shared with children only, `mmap(2)` with MAP_SHARED and MAP_ANONYMOUS.
    Mapping,
    /// A POSIX message queue, `mq_overview(7)`.
    MessageQueue,
    /// A regular file.
    File,
    /// A terminal, a device, an event descriptor, anything else.
    Other,
}

impl ObjectKind {
    /// The field's term for it.
    #[must_use]
    pub fn term(self) -> &'static str {
        match self {
            Self::Pipe => "pipe",
            Self::Fifo => "FIFO",
            Self::Socket => "socket",
            Self::SharedMemory => "shared memory object",
            Self::Mapping => "shared mapping",
            Self::MessageQueue => "message queue",
            Self::File => "file",
            Self::Other => "object",
        }
    }
}

/// Evidence that could not be collected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unobserved {
    /// What could not be seen, such as "message queues".
    pub what: String,
    /// Why, such as "/dev/mqueue is not mounted".
    pub why: String,
}

/// What a run used: for benchmarks and people, never for a verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// From the program's start to its end, in microseconds.
    pub wall_us: u64,
    /// From the program's end until every process was gone, in microseconds.
    pub teardown_us: u64,
    /// The runner's own peak of memory, in KiB.
    #[serde(default)]
    pub runner_kib: u64,
}

/// Bytes as JSON: text where it is UTF-8, an array of numbers where it is not. Both read back exactly.
mod bytes {
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Text(String),
        Bytes(Vec<u8>),
    }

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.collect_seq(bytes),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        Ok(match Form::deserialize(deserializer)? {
            Form::Text(text) => text.into_bytes(),
            Form::Bytes(bytes) => bytes,
        })
    }
}
