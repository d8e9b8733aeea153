//! Processes found alive when a run hung or exceeded a limit: what each of their threads does, and what they hold.
//!
//! What could end a wait follows from these facts alone ([`Alive::enders`]), so whether a run hangs, and the words for it, rest on
//! the same judgement.

use serde::{Deserialize, Serialize};

use super::ObjectId;

mod comparable;
mod enders;

pub(super) use comparable::make_comparable;
pub use enders::{Ender, Enders};

/// A process seen alive at the moment at which the run was judged hung or over a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alive {
    /// Its process id.
    pub pid: i32,
    /// Its parent's process id.
    pub parent: i32,
    /// Its process group.
    pub group: i32,
    /// Its threads that have not ended, the oldest first.
    pub threads: Vec<Thread>,
    /// Its open descriptors, by number.
    pub descriptors: Vec<Descriptor>,
    /// The shared memory that it maps. Known only where somebody waits for a word in shared memory.
    #[serde(default)]
    pub maps: Vec<Mapped>,
    /// Signals that were sent to it and that it does not take because it blocks them.
    #[serde(default)]
    pub pending: Vec<i32>,
}

impl Alive {
    /// Every object of the trace that it names.
    pub(super) fn traced(&mut self) -> impl Iterator<Item = &mut ObjectId> {
        let descriptors = self.descriptors.iter_mut().map(|it| &mut it.traced);
        let maps = self.maps.iter_mut().map(|it| &mut it.traced);
        let waits = self.threads.iter_mut().filter_map(|it| match &mut it.does {
            Does::Wait(wait) => Some(&mut wait.awaited),
            Does::Run { .. } | Does::Wake | Does::Stand => None,
        });
        let words = waits.flatten().filter_map(|it| match it {
            Awaited::Word { shared, .. } => shared.as_mut().map(|it| &mut it.memory.traced),
            _ => None,
        });
        descriptors.chain(maps).chain(words).flatten()
    }
}

/// A thread of a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thread {
    /// Its id; that of the first thread is the process's.
    pub id: i32,
    /// What it does.
    pub does: Does,
}

/// What a thread does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "does", deny_unknown_fields)]
pub enum Does {
    /// It runs, or could run if there were a processor.
    Run {
        /// Whether it spends most of its time in the kernel, in calls that do not sleep.
        in_kernel: bool,
    },
    /// It sleeps and wakes, again and again.
    Wake,
    /// A signal has stopped it.
    Stand,
    /// It sleeps in a call.
    Wait(Wait),
}

/// A call that a thread sleeps in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// The call's name, such as `read` or `waitpid`.
    pub call: String,
    /// The descriptor that the call is about, where it is about one.
    pub descriptor: Option<i32>,
    /// When the call returns at the latest; `None` where it waits for ever.
    pub timeout: Option<Timeout>,
    /// What it waits for: any one of these ends it. Nothing, where it only sleeps for a time.
    pub awaited: Vec<Awaited>,
}

/// The longest that a call waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Timeout {
    /// So many milliseconds, as the program asked for.
    Milliseconds(u64),
    /// It has a timeout, of unknown length.
    Unknown,
}

/// Something that a thread waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "for", deny_unknown_fields)]
pub enum Awaited {
    /// That something can be read: data, a message, a connection, the end of file.
    Data {
        /// From this descriptor.
        descriptor: i32,
    },
    /// That something can be written.
    Room {
        /// To this descriptor.
        descriptor: i32,
    },
    /// That another process opens the same FIFO.
    Opening {
        /// The FIFO's path.
        path: String,
        /// Whether the one who waits opens it for reading; it waits for a writer then, otherwise for a reader.
        reads: bool,
    },
    /// That a socket takes its connection.
    Acceptance {
        /// The identity of the listening socket ([`Descriptor::object`]), where it is known.
        listener: Option<String>,
    },
    /// That somebody wakes those who sleep on a word of memory, `futex(2)`.
    Word {
        /// Where the word is, if the memory is shared.
        shared: Option<SharedWord>,
        /// Whether the call says that only threads of its own process will wake it (FUTEX_PRIVATE_FLAG).
        private: bool,
        /// What the word was when the thread went to sleep.
        before: Option<u32>,
        /// What it is now.
        now: Option<u32>,
        /// The thread that holds the lock, where the word names it (robust and priority-inheriting locks do).
        owner: Option<i32>,
    },
    /// That a child ends.
    Child {
        /// Which.
        which: Which,
    },
    /// That a child that shares its memory executes a program or ends, `vfork(2)`.
    Vforked,
    /// A signal.
    Signal {
        /// One of these; none means any.
        signals: Vec<i32>,
    },
    /// A lock on a file.
    Lock {
        /// The file's descriptor.
        descriptor: i32,
        /// Who has it, and by which descriptors.
        holders: Vec<Ender>,
    },
    /// A message in, or room in, a System V queue, or a System V semaphore.
    SystemV {
        /// What of these.
        what: String,
    },
    /// Something that is not known, or that only somebody outside the run can bring about.
    Other,
}

/// A word in shared memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedWord {
    /// The memory.
    pub memory: Mapped,
    /// Its place in it, in bytes.
    pub offset: u64,
}

/// Shared memory that a process maps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapped {
    /// Device and inode, as `/proc/PID/maps` has them.
    pub object: String,
    /// The path; empty where it has none.
    pub path: String,
    /// The object in the record's list, where the trace knows it.
    #[serde(default)]
    pub traced: Option<ObjectId>,
}

/// Which children a process waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// Any.
    Any,
    /// The one of this process id.
    Pid(i32),
    /// Those of this process group.
    Group(i32),
}

/// An open descriptor of a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Descriptor {
    /// The descriptor's number.
    pub number: i32,
    /// What it refers to, equal where two refer to the same: `pipe:[4711]`, a path, `eventfd:[3]`.
    pub object: String,
    /// The object in the record's list, where the trace knows it.
    #[serde(default)]
    pub traced: Option<ObjectId>,
    /// Open for reading.
    pub reads: bool,
    /// Open for writing.
    pub writes: bool,
    /// What it is, as far as waiting is concerned.
    pub kind: Kind,
}

/// Kinds of what a descriptor refers to, with what one must know to say who ends a wait for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is", deny_unknown_fields)]
pub enum Kind {
    /// A pipe.
    Pipe,
    /// A FIFO.
    Fifo,
    /// A socket.
    Socket {
        /// Who is at its other end.
        peer: Peer,
    },
    /// A POSIX message queue.
    Queue,
    /// A counter, `eventfd(2)`.
    Event,
    /// Signals that can be read, `signalfd(2)`.
    Signals {
        /// Which.
        signals: Vec<i32>,
    },
    /// A process, `pidfd_open(2)`.
    Process {
        /// Its process id.
        pid: i32,
    },
    /// A timer, `timerfd_create(2)`.
    Timer {
        /// Whether it will expire.
        armed: bool,
    },
    /// A set of descriptors, `epoll(7)`.
    Set {
        /// What is waited for.
        watched: Vec<Awaited>,
    },
    /// A terminal, or the side of one that programs are in.
    Terminal,
    /// A regular file.
    File,
    /// Anything else.
    Other,
}

/// The other end of a socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Peer {
    /// There is none: the socket listens for connections.
    Listens,
    /// The socket of this identity.
    Socket(String),
    /// Whoever accepts from the listening socket of this identity: the connection waits in its queue.
    Unaccepted(String),
    /// Anybody may send to it, and it to anybody.
    Anybody,
    /// It is connected to nobody.
    Nobody,
    /// Somebody outside the run.
    Outside,
    /// This host does not say.
    Unknown,
}

impl Alive {
    /// The descriptor of this number.
    #[must_use]
    pub fn descriptor(&self, number: i32) -> Option<&Descriptor> {
        self.descriptors.iter().find(|it| it.number == number)
    }

    /// What its first thread waits in.
    #[must_use]
    pub fn wait(&self) -> Option<&Wait> {
        self.threads.first().and_then(Thread::wait)
    }
}

impl Thread {
    /// What it waits in.
    #[must_use]
    pub fn wait(&self) -> Option<&Wait> {
        match &self.does {
            Does::Wait(wait) => Some(wait),
            _ => None,
        }
    }
}

/// Whether every thread of these processes waits, without a timeout, for what only another process of the run can bring
/// about. None at all do not.
#[must_use]
pub fn all_wait_for_each_other(all: &[Alive]) -> bool {
    let waits = |process: &Alive, thread: &Thread| match &thread.does {
        // Only another process can continue it.
        Does::Stand => true,
        Does::Wait(wait) => {
            let mut awaited = wait.awaited.iter();
            wait.timeout.is_none()
                && !wait.awaited.is_empty()
                && awaited.all(|it| process.enders(it, all) != Enders::Outside)
        }
        Does::Run { .. } | Does::Wake => false,
    };
    let mut processes = all.iter();
    !all.is_empty() && processes.all(|it| it.threads.iter().all(|thread| waits(it, thread)))
}
