//! What a run needs to know: plain data that crosses from the grader to the runner as one line of JSON.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::terminal::Keys;
use crate::trace::interventions::Plan;

/// One run of one program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    /// The program's file; none where the sandbox is to be set up and nothing to be run in it.
    pub program: Option<PathBuf>,
    /// Its arguments, without the program's name.
    pub args: Vec<String>,
    /// Its standard input.
    pub stdin: String,
    /// What is typed, where it has a terminal in the place of its standard descriptors.
    #[serde(default)]
    pub typed: Option<Vec<Keys>>,
    /// The folder in which the run's own is made, and removed again: the working folder, with `home` and `tmp` beside it. For
    /// the runner, from then on, the run's own.
    pub folder: PathBuf,
    /// Whether calls that move data are traced.
    pub data: bool,
    /// Whether it is noted, beside data, which shared memory each process has used.
    #[serde(default)]
    pub memory: bool,
    /// Whether it needs POSIX message queues. Where these could be had only without rules for files, other runs have none.
    #[serde(default)]
    pub queues: bool,
    /// What is done to the run.
    #[serde(default)]
    pub plan: Plan,
    /// How many processes it may leave behind; the runner waits for them as long as for the program.
    pub expected_orphans: usize,
    /// Wall-clock limit in milliseconds.
    pub wall_ms: u64,
    /// CPU limit of each process in seconds.
    pub cpu_seconds: u64,
    /// Limit of standard output and standard error together, in bytes.
    pub output_bytes: usize,
    /// Limit of processes alive at once.
    pub processes: usize,
    /// Limit of open descriptors of each process.
    pub descriptors: u64,
    /// Limit of a file's size in bytes.
    pub file_bytes: u64,
    /// Limit of the memory of its own that each process may have, in bytes, used or not.
    pub memory_bytes: u64,
    /// Limit of all files of the run together, and of its shared memory objects, in bytes each.
    pub disk_bytes: u64,
    /// Folders of the host that the run must not see.
    pub hidden: Vec<PathBuf>,
}

impl RunRequest {
    /// The program's working folder.
    #[must_use]
    pub fn work(&self) -> PathBuf {
        self.folder.join("work")
    }
}
