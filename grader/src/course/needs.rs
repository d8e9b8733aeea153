//! What an exercise needs of the host, beside what every host has: `needs = { message_queues = { messages = 10, bytes = 64 } }`,
//! `needs = { shared_memory = 80_000_000 }`, `needs = { cpus = 2 }`, `needs = { terminal = true }`.
//!
//! Where the host lacks it, no answer is run and nobody loses points (`grade::needs`). A program cannot claim it: the grader asks by
//! itself.

use serde::Deserialize;

/// All that an exercise needs; nothing by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Needs {
    /// POSIX message queues.
    pub message_queues: Option<MessageQueues>,
    /// How many bytes there must be room for in `/dev/shm`, `shm_overview(7)`.
    pub shared_memory: Option<u64>,
    /// How many CPUs a program must be allowed to use: on one, who has stayed on one on purpose is like everybody else.
    pub cpus: Option<u32>,
    /// A terminal of the run's own, `pty(7)`: for an exercise whose cases type keys.
    pub terminal: bool,
}

/// Message queues that a run makes at the same time, `mq_overview(7)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageQueues {
    /// How many; one by default.
    #[serde(default = "one")]
    pub count: u32,
    /// How many messages each of them holds.
    pub messages: u32,
    /// How many bytes a message can have.
    pub bytes: u32,
}

fn one() -> u32 {
    1
}
