//! What one build made, from what cargo said: programs, refused sources, and whose fault it is where there is neither.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::progress::Progress;
use crate::sandbox::interrupt::{self, Next};

/// What the compiler and the linker say when the machine does not let them work.
const MACHINES_FAULTS: [&str; 9] = [
    "No space left on device",
    "Disk quota exceeded",
    "File too large",
    "File size limit exceeded",
    // A file that is mapped, on a full disk.
    "Bus error",
    "Read-only file system",
    "Input/output error",
    "Cannot allocate memory",
    "linker `cc` not found",
];

/// What the linker says of a fault of the source, before it quotes names that the source gives.
const LINKED_IN_VAIN: [&str; 4] = [
    "undefined symbol",
    "undefined reference",
    "unable to find library",
    "cannot find -l",
];

/// The signals of a compiler that a source has driven too far: it overflows its stack, gives up, or does not come to an end.
const CRASHES: [&str; 4] = ["SIGSEGV", "SIGABRT", "SIGILL", "SIGXCPU"];

/// Whether a message without a place in the source is about the machine.
pub(super) fn is_machines_fault(said: &str) -> bool {
    let says = |words: &[&str]| words.iter().any(|it| said.contains(it));
    says(&MACHINES_FAULTS) && !says(&LINKED_IN_VAIN)
}

/// What one build made.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The folder of the workshop, as messages would name it.
    folder: String,
    /// Program files by exercise.
    pub(super) programs: BTreeMap<String, PathBuf>,
    /// Compiler messages by exercise.
    pub(super) errors: BTreeMap<String, String>,
    /// The lab library that does not compile.
    pub(super) harness: Option<(String, String)>,
    /// What does not let the compiler work.
    pub(super) machine: Option<String>,
    /// What cargo said for people.
    pub(super) stderr: String,
    /// How long cargo was at work.
    pub(super) spent: Duration,
}

/// A line of cargo's `--message-format json` that matters here, or the builder's own; all others are `Other`.
#[derive(Debug, Deserialize)]
#[serde(tag = "reason")]
enum Message {
    #[serde(rename = "compiler-artifact")]
    Artifact {
        target: Target,
        executable: Option<PathBuf>,
    },
    #[serde(rename = "compiler-message")]
    Said { target: Target, message: Diagnostic },
    #[serde(rename = "forklings-spent")]
    Spent { wall_us: u64 },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Diagnostic {
    level: String,
    rendered: Option<String>,
    message: String,
    /// Its places in the source.
    spans: Vec<IgnoredAny>,
}

impl Outcome {
    pub(super) fn of(folder: &Path) -> Self {
        Self {
            folder: folder.display().to_string(),
            ..Self::default()
        }
    }

    /// Reads cargo's messages, to their end or until somebody asks the grader to end.
    pub(super) fn read(&mut self, child: &mut Child, progress: &dyn Progress) -> io::Result<()> {
        let Some(mut stdout) = child.stdout.take() else {
            return Ok(());
        };
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match interrupt::wait_for_bytes(&stdout)? {
                Next::Read => {}
                Next::Look => continue,
                Next::End => return Ok(()),
            }
            match stdout.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => bytes.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            while let Some(end) = bytes.iter().position(|it| *it == b'\n') {
                let line: Vec<u8> = bytes.drain(..=end).collect();
                self.take_message(&line, progress);
            }
        }
    }

    fn take_message(&mut self, line: &[u8], progress: &dyn Progress) {
        match serde_json::from_slice(line) {
            Ok(Message::Artifact {
                target,
                executable: Some(program),
            }) => {
                progress.advance(&target.name);
                self.programs.insert(target.name, program);
            }
            Ok(Message::Said { target, message }) => self.note(target, message),
            Ok(Message::Spent { wall_us }) => self.spent = Duration::from_micros(wall_us),
            // Lines that are no messages come from build scripts; they decide nothing here.
            Ok(_) | Err(_) => {}
        }
    }

    fn note(&mut self, target: Target, message: Diagnostic) {
        let summary = message.message.starts_with("aborting due to");
        if !message.level.starts_with("error") || summary {
            return;
        }
        let said = message.rendered.unwrap_or(message.message);
        if message.spans.is_empty() && is_machines_fault(&said) {
            self.machine.get_or_insert(said);
        } else if target.kind.iter().any(|kind| kind == "bin") {
            let said = without_lines(&said, &self.folder);
            self.errors.entry(target.name).or_default().push_str(&said);
        } else {
            let (_, text) = self
                .harness
                .get_or_insert_with(|| (target.name, String::new()));
            text.push_str(&said);
        }
    }

    /// What to say of an exercise whose source makes the compiler crash, if it does.
    pub(super) fn crash(&self, exercise: &str) -> Option<String> {
        let mut refusals = self.stderr.split("error: could not compile").skip(1);
        let name = format!("(bin \"{exercise}\")");
        let reason = refusals.find(|it| it.lines().next().is_some_and(|it| it.contains(&name)))?;
        let (_, signal) = reason.split_once("(signal: ")?;
        let (signal, _) = signal.split_once(')')?;
        CRASHES
            .iter()
            .any(|name| signal.contains(name))
            .then(|| format!("error: the compiler crashed on this file (signal {signal})\n"))
    }
}

/// The text without the lines that name the folder, which is another one elsewhere: those of the linker's command.
fn without_lines(text: &str, folder: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !line.contains(folder)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_the_machines_fault_and_a_missing_function_is_not() {
        let linker = "error: linking with `cc` failed: exit status: 1\n";
        for (said, is_machines) in [
            (
                "collect2: fatal error: ld terminated with signal 7 [Bus error]",
                true,
            ),
            ("ld: final link failed: No space left on device", true),
            ("rust-lld: error: undefined symbol: no_such_function", false),
            // Names are the source's own, and no source can stop the grading of others.
            ("rust-lld: error: unable to find library -lBus error", false),
        ] {
            let said = format!("{linker}  = note: {said}\n");
            assert_eq!(is_machines_fault(&said), is_machines, "{said}");
        }
    }

    #[test]
    fn a_crash_of_the_compiler_is_found_by_its_exercise() {
        let stderr = "   Compiling demo v0.1.0\n\
            error: could not compile `demo` (bin \"one\") due to 1 previous error\n\
            warning: build failed, waiting for other jobs to finish...\n\
            error: could not compile `demo` (bin \"two\")\n\nCaused by:\n  process didn't exit \
            successfully: `rustc --crate-name two` (signal: 11, SIGSEGV: invalid memory reference)\n\
            error: could not compile `demo` (bin \"three\")\n\nCaused by:\n  process didn't exit \
            successfully: `rustc --crate-name three` (signal: 9, SIGKILL: kill)\n";
        let outcome = Outcome {
            stderr: stderr.to_owned(),
            ..Outcome::default()
        };
        let said = outcome.crash("two").unwrap();
        assert!(said.contains("SIGSEGV"), "{said}");
        // Somebody killed the compiler: the machine, when it is short of memory.
        for exercise in ["one", "three", "four"] {
            assert_eq!(outcome.crash(exercise), None, "{exercise}");
        }
    }
}
