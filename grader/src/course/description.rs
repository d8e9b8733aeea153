//! `lab.toml`: what a lab says about its exercises, cases and expectations, as types.
//!
//! This module owns the form and its defaults. Meaning that one file alone cannot settle (does the
//! snapshot exist, is the diagnosis written) is checked by `self_check`.

use serde::Deserialize;
use toml::Spanned;

use super::evidence::Evidence;
use super::intervention::{Intervention, Lasting};
use super::needs::Needs;
use crate::sandbox::Keys;

/// The whole of a `lab.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabDescription {
    /// The lab's title, such as "Pipes".
    pub title: String,
    /// What the lab teaches, in one sentence.
    pub summary: String,
    /// The exercises in reading order.
    #[serde(rename = "exercise")]
    pub exercises: Vec<Exercise>,
}

/// One exercise: one file that a student edits, and a program to run.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// Its name, unique in the course.
    pub name: Spanned<String>,
    /// The file that a student edits, below `src/bin`; by default `<name>.rs`. A file in a folder, such as `shell/pipes.rs`, is a
    /// part of the program `shell`, which other exercises may be about, too.
    #[serde(default)]
    pub file: Option<Spanned<String>>,
    /// What it is about, in a few words.
    pub title: String,
    /// Whether every course needs it.
    pub level: Level,
    /// How long it takes a student, in minutes.
    pub minutes: u32,
    /// Exercises to solve before this one.
    #[serde(default)]
    pub after: Vec<Spanned<String>>,
    /// Whether the program is a function of its arguments: the work leaves no trace but the output. Then what is right where
    /// everybody can read the arguments counts only together with a case that draws them.
    #[serde(default)]
    pub pure: bool,
    /// What it needs of the host. Where that is lacking, nobody is judged.
    #[serde(default)]
    pub needs: Needs,
    /// Three hints: a nudge, a direction, nearly the answer.
    pub hints: [String; 3],
    /// The mistakes that this exercise must catch, each by the diagnosis that names it.
    pub diagnoses: Vec<Spanned<String>>,
    /// Texts that no line of any of its runs may contain, in addition to those of each case.
    #[serde(default)]
    pub absent: Vec<LineExpectation>,
    /// What the record of each of its runs must show, in addition to that of each case.
    #[serde(default)]
    pub evidence: Vec<Spanned<Evidence>>,
    /// Its runs.
    #[serde(rename = "case")]
    pub cases: Vec<Case>,
}

impl Exercise {
    /// The sum of the points of its cases.
    #[must_use]
    pub fn max_points(&self) -> u32 {
        self.cases.iter().map(|case| case.points).sum()
    }

    /// What the record of a case's run must show, in the order of the file.
    pub fn evidence<'a>(&'a self, case: &'a Case) -> impl Iterator<Item = &'a Evidence> {
        self.evidence
            .iter()
            .chain(&case.evidence)
            .map(Spanned::as_ref)
    }

    /// Whether some of that can be judged only if the calls that move data are traced.
    #[must_use]
    pub fn needs_data(&self, case: &Case) -> bool {
        self.evidence(case).any(Evidence::needs_data)
    }

    /// Whether some of that can be judged only if it is noted which shared memory each process uses.
    #[must_use]
    pub fn needs_memory(&self, case: &Case) -> bool {
        self.evidence(case).any(Evidence::needs_memory)
    }
}

/// Whether every course needs an exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Every course needs it.
    Core,
    /// For those who want more.
    Extra,
}

/// One run of an exercise and what is expected of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its name, unique in the exercise.
    pub name: Spanned<String>,
    /// What it shows, as a sentence that can stand behind the name.
    pub shows: String,
    /// What it is worth.
    pub points: u32,
    /// Arguments of the program. `{name}` is replaced by the numbers drawn under that name in `draw`.
    #[serde(default)]
    pub args: Vec<String>,
    /// Standard input; empty by default.
    #[serde(default)]
    pub stdin: String,
    /// What is typed, one after the other. With it, the program gets a terminal of its own in the place of standard input, output and
    /// error; what it must print is then all that the terminal shows, what was typed included.
    #[serde(default)]
    pub typed: Option<Vec<Keys>>,
    /// Numbers drawn from the course's seed. A case that draws is compared with the reference
    /// program's output for the same arguments, so it runs only where `solutions/` is.
    #[serde(default)]
    pub draw: std::collections::BTreeMap<String, Draw>,
    /// Not part of a student's copy.
    #[serde(default)]
    pub hidden: bool,
    /// Limits of the run.
    #[serde(default)]
    pub limits: Limits,
    /// The diagnosis of a run that hangs, where the shape of the waiting shows none that the exercise lists; `hung` by default.
    #[serde(default)]
    pub hung: Option<Spanned<String>>,
    /// How the program must end; by default with exit code 0.
    #[serde(default)]
    pub exit: ExitExpectation,
    /// What it must print.
    #[serde(default)]
    pub output: OutputExpectation,
    /// Which processes it may leave behind; by default none.
    #[serde(default)]
    pub processes: ProcessExpectation,
    /// Which objects it may leave behind; by default none.
    #[serde(default)]
    pub leftovers: LeftoverExpectation,
    /// What the record of the run must show.
    #[serde(default)]
    pub evidence: Vec<Spanned<Evidence>>,
    /// What the recorder does to the run.
    #[serde(default, rename = "intervention")]
    pub interventions: Vec<Spanned<Intervention>>,
    /// How long the program's sleeps take.
    #[serde(default)]
    pub sleeps: Lasting,
    /// How long its waits last that have a timeout, where nothing comes.
    #[serde(default)]
    pub timeouts: Lasting,
}

/// How numbers are drawn from the course's seed: `count` of them, each within `from`, bounds included.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// Smallest and largest number.
    pub from: [u64; 2],
    /// Fewest and most numbers; one by default.
    #[serde(default = "one")]
    pub count: [u64; 2],
}

fn one() -> [u64; 2] {
    [1, 1]
}

/// Limits of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Wall-clock seconds.
    pub wall_seconds: u32,
    /// CPU seconds of each process.
    pub cpu_seconds: u32,
    /// KiB of standard output and standard error together.
    pub output_kib: u32,
    /// Processes alive at once.
    pub processes: u32,
    /// Open descriptors of each process.
    pub descriptors: u32,
    /// MiB of the largest file.
    pub file_mib: u32,
    /// MiB of memory of its own that each process may have, used or not (RLIMIT_DATA); what it shares is bounded by its addresses.
    pub memory_mib: u32,
    /// MiB of all files together, and of all shared memory objects.
    pub disk_mib: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_seconds: 10,
            cpu_seconds: 10,
            output_kib: 1024,
            processes: 128,
            descriptors: 256,
            file_mib: 64,
            memory_mib: 2048,
            disk_mib: 256,
        }
    }
}

/// How the program must end.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExitExpectation {
    /// The exit code; 0 where no signal is expected.
    pub code: Option<i32>,
    /// The name of the signal that must end it, such as `SIGPIPE`.
    pub signal: Option<Spanned<String>>,
    /// The diagnosis when it ends otherwise: by panic, signal or another code.
    pub diagnosis: Option<Spanned<String>>,
}

/// What the program must print on standard output.
///
/// Lines that begin with `[pid N] ` belong to process N, all others to the program itself. Lines of one
/// process keep their order; processes are compared as a set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutputExpectation {
    /// Compare with `expected/<exercise>@<case>.snap`, or with the reference program's output where
    /// the case draws its arguments. True by default.
    pub snapshot: bool,
    /// The diagnosis when the output differs; `output-differs` by default.
    pub differs: Option<Spanned<String>>,
    /// The diagnosis when expected lines are missing and no other is there; `output-missing` by default.
    pub missing: Option<Spanned<String>>,
    /// The diagnosis when the expected lines are there, and some of them once too often; `output-repeated` by default.
    pub repeated: Option<Spanned<String>>,
    /// Texts that no line may contain.
    pub absent: Vec<LineExpectation>,
    /// Texts that some line must contain.
    pub present: Vec<LineExpectation>,
    /// Orders between lines of different processes.
    pub order: Vec<OrderExpectation>,
}

impl Default for OutputExpectation {
    fn default() -> Self {
        Self {
            snapshot: true,
            differs: None,
            missing: None,
            repeated: None,
            absent: Vec::new(),
            present: Vec::new(),
            order: Vec::new(),
        }
    }
}

/// A text that a line must or must not contain, and the diagnosis when it is otherwise.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineExpectation {
    /// Part of a line.
    pub text: String,
    /// The diagnosis when the expectation fails.
    pub diagnosis: Spanned<String>,
}

/// Every line that contains `every` comes before the first line that contains `before`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderExpectation {
    /// Part of the lines that come first.
    pub every: String,
    /// Part of the lines that come later.
    pub before: String,
    /// The diagnosis when the order is otherwise.
    pub diagnosis: Spanned<String>,
}

/// Which processes a run may leave behind.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProcessExpectation {
    /// How many processes nobody waits for: zombies at the program's end, and orphans.
    pub left: usize,
    /// The diagnosis when there are others; `child-not-reaped` by default.
    pub diagnosis: Option<Spanned<String>>,
}

/// Which objects a run may leave behind.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LeftoverExpectation {
    /// Names of the FIFOs, sockets, shared memory objects and message queues that must be left.
    pub names: Vec<String>,
    /// The diagnosis when there are others; `object-left-behind` by default.
    pub diagnosis: Option<Spanned<String>>,
}
