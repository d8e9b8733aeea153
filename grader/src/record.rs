//! The record: everything that was seen of one run, as plain data.
//!
//! The runner (`sandbox`) produces a record once; checks, explanations and reports are pure functions
//! of it. Nothing here touches a process, a file or a clock.

use serde::{Deserialize, Serialize};

/// Version of the record's JSON form; it changes whenever a field changes its meaning.
pub const RECORD_VERSION: u32 = 1;

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
    /// Processes that nobody in the run waited for, in the order in which the runner reaped them.
    pub unreaped: Vec<Unreaped>,
    /// Processes found alive when the run hung or exceeded a limit, the program first.
    pub alive: Vec<Alive>,
    /// Objects that outlived the run.
    pub objects: Vec<Object>,
    /// Evidence that this host could not give, each with the reason.
    pub unobserved: Vec<Unobserved>,
    /// What the run used. Never part of a verdict.
    pub usage: Usage,
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

/// A process seen alive at the moment at which the run was judged hung or over a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alive {
    /// Its process id.
    pub pid: i32,
    /// Its parent's process id.
    pub parent: i32,
    /// Its state letter, as in `proc_pid_stat(5)`.
    pub state: char,
    /// The call it sleeps in, where that is known.
    pub waits: Option<Wait>,
    /// Its open descriptors.
    pub descriptors: Vec<Descriptor>,
}

/// A blocking call that a process sleeps in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// The call's name, such as `read` or `wait4`.
    pub call: String,
    /// The descriptor that the call waits on.
    pub descriptor: Option<i32>,
}

/// An open descriptor of a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Descriptor {
    /// The descriptor's number.
    pub number: i32,
    /// What it refers to, as `/proc/PID/fd` names it: `pipe:[4711]`, `/dev/null`, `socket:[12]`.
    pub object: String,
    /// Open for reading.
    pub reads: bool,
    /// Open for writing.
    pub writes: bool,
}

/// A kernel object or file that outlived the run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name: a path in the work folder, or `/name` for queues and shared memory.
    pub name: String,
}

/// Kinds of objects that a program must remove itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    /// A named pipe, `fifo(7)`.
    Fifo,
    /// A UNIX domain socket in the file system, `unix(7)`.
    Socket,
    /// A POSIX shared memory object, `shm_overview(7)`.
    SharedMemory,
    /// A POSIX message queue, `mq_overview(7)`.
    MessageQueue,
}

impl ObjectKind {
    /// The field's term for it.
    #[must_use]
    pub fn term(self) -> &'static str {
        match self {
            Self::Fifo => "FIFO",
            Self::Socket => "socket",
            Self::SharedMemory => "shared memory object",
            Self::MessageQueue => "message queue",
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
