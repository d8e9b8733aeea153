//! How the run ended: by itself as expected, or not at all.

use std::str::FromStr as _;

use nix::sys::signal::Signal;

use super::{Expected, Rank, Ranked, hang, named};
use crate::normalise::{readable, without_pids};
use crate::record::{Ending, Limit, Record};

/// How much of the program's own words on standard error is quoted, in characters.
const LONGEST_QUOTE: usize = 200;

/// The one cause of hangs whose name all labs share.
const WRITE_END: &str = "write-end-left-open";

/// The exit code or signal of a program that ended by itself.
pub(super) fn check_exit(expected: &Expected<'_>, record: &Record) -> Vec<Ranked> {
    let exit = &expected.case.exit;
    let signal = exit.signal.as_ref().map(|name| name.as_ref().as_str());
    let wanted = match signal.and_then(|name| Signal::from_str(name).ok()) {
        Some(signal) => Ending::Signaled {
            signal: signal as i32,
        },
        None => Ending::Exited {
            code: exit.code.unwrap_or(0),
        },
    };
    if record.ending == wanted {
        return Vec::new();
    }
    let own = match record.ending {
        Ending::Signaled { .. } => "killed-by-signal",
        _ => "wrong-exit-code",
    };
    let mut message = format!(
        "expected the program to end {}; it ended {}",
        in_words(wanted),
        in_words(record.ending)
    );
    if let Some(said) = readable(&record.stderr).lines().next() {
        let said: String = without_pids(said).chars().take(LONGEST_QUOTE).collect();
        message.push_str(&format!(". It said: {said}"));
    }
    vec![expected.finding(Rank::Exit, named(exit.diagnosis.as_ref(), own), message)]
}

fn in_words(ending: Ending) -> String {
    match ending {
        Ending::Exited { code } => format!("with exit code {code}"),
        Ending::Signaled { signal } => match Signal::try_from(signal) {
            Ok(name) => format!("by signal {name} ({signal})"),
            Err(_) => format!("by signal {signal}"),
        },
        Ending::Hung | Ending::Exceeded { .. } => "from outside".to_owned(),
    }
}

/// A run that was ended from outside.
pub(super) fn check_endless(expected: &Expected<'_>, record: &Record) -> Vec<Ranked> {
    let limits = &expected.case.limits;
    let (diagnosis, message) = match record.ending {
        Ending::Exceeded { limit } => match limit {
            Limit::Time => {
                let explained = hang::explain(record);
                (
                    "out-of-time",
                    format!(
                        "expected the program to end within {} seconds; it was still running. {}",
                        limits.wall_seconds,
                        explained.text(explained.causes.first())
                    ),
                )
            }
            Limit::Cpu => (
                "out-of-cpu-time",
                format!(
                    "the program used more than {} seconds of CPU time",
                    limits.cpu_seconds
                ),
            ),
            Limit::Output => (
                "endless-output",
                format!("the program printed more than {} KiB", limits.output_kib),
            ),
            Limit::Processes => (
                "too-many-processes",
                format!(
                    "more than {} processes of the program were alive at once",
                    limits.processes
                ),
            ),
            Limit::Memory => (
                "out-of-memory",
                format!(
                    "the program wanted more memory than the {} MiB that a process may have",
                    limits.memory_mib
                ),
            ),
            Limit::FileSize => (
                "file-too-large",
                format!(
                    "the program made a file of more than {} MiB",
                    limits.file_mib
                ),
            ),
            Limit::Disk => (
                "disk-full",
                format!(
                    "the program filled all of the {} MiB that its files may take",
                    limits.disk_mib
                ),
            ),
        },
        _ => return vec![hung(expected, record)],
    };
    let named_by_case = expected.case.hung.as_ref().filter(|_| {
        let is_late = Ending::Exceeded { limit: Limit::Time } == record.ending;
        is_late && hang::only_asks(record)
    });
    let mut found = Vec::new();
    let mut rank = Rank::Endless;
    if let Some(name) = named_by_case {
        // The clock has ended it, so that is said, too; but why it could not end is known.
        let explained = hang::explain(record);
        let message = format!(
            "expected the program to end; nobody gets any further, and who wakes only asks. {}",
            explained.text(explained.causes.first())
        );
        found.push(expected.finding(rank, name.as_ref(), message.trim_end().to_owned()));
        rank = Rank::Unexplained;
    }
    found.push(expected.finding(rank, diagnosis, message.trim_end().to_owned()));
    found
}

/// A run in which every process waits for another one. Its name is that of the cause, where the exercise lists it; what the case calls a
/// hang otherwise.
fn hung(expected: &Expected<'_>, record: &Record) -> Ranked {
    let explained = hang::explain(record);
    let listed = &expected.exercise.diagnoses;
    let is_listed = |name: &str| listed.iter().any(|it| it.as_ref() == name);
    let mut causes = explained.causes.iter();
    let cause = causes.find(|cause| is_listed(cause.name));
    let own = explained.cause(WRITE_END).map_or("hung", |it| it.name);
    let name = cause.map_or_else(|| named(expected.case.hung.as_ref(), own), |it| it.name);
    let all = if record.alive.len() > 1 {
        "every process waits for another"
    } else {
        "nobody is left who could let it go on"
    };
    let message = format!(
        "expected the program to end; it hangs: {all}. {}",
        // What the lab calls it may have another cure than the shape has.
        explained.text(explained.cause(name))
    );
    expected.finding(Rank::Endless, name, message.trim_end().to_owned())
}
