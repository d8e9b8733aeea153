//! What the program left behind: processes that nobody waited for, objects that nobody removed.

use super::{Expected, Rank, Ranked, named};
use crate::record::Record;

/// Zombies at the program's end, and orphans.
pub(super) fn check_processes(expected: &Expected<'_>, record: &Record) -> Vec<Ranked> {
    let allowed = expected.case.processes.left;
    let seen = record.unreaped.len();
    if seen == allowed {
        return Vec::new();
    }
    let diagnosis = named(
        expected.case.processes.diagnosis.as_ref(),
        "child-not-reaped",
    );
    // How many they are can differ from run to run of the same program, so it is not part of the verdict.
    let message = if allowed == 0 {
        "expected every child to be waited for; nobody waited for at least one".to_owned()
    } else if seen > allowed {
        format!(
            "expected {} that nobody waits for; there were more",
            count(allowed)
        )
    } else {
        format!(
            "expected {} that nobody waits for; there were fewer",
            count(allowed)
        )
    };
    vec![expected.finding(Rank::Processes, diagnosis, message)]
}

fn count(processes: usize) -> String {
    match processes {
        1 => "1 process".to_owned(),
        more => format!("{more} processes"),
    }
}

/// FIFOs, sockets, shared memory objects and message queues.
pub(super) fn check_objects(expected: &Expected<'_>, record: &Record) -> Vec<Ranked> {
    let leftovers = &expected.case.leftovers;
    let diagnosis = named(leftovers.diagnosis.as_ref(), "object-left-behind");
    let surplus = record
        .leftovers
        .iter()
        .filter(|object| !leftovers.names.contains(&object.name))
        .map(|object| {
            format!(
                "expected no {} to outlive the program; it left `{}`",
                object.kind.term(),
                object.name
            )
        });
    let missing = leftovers
        .names
        .iter()
        .filter(|name| !record.leftovers.iter().any(|object| object.name == **name))
        .map(|name| format!("expected the program to leave `{name}`, and it is not there"));
    surplus
        .chain(missing)
        .map(|message| expected.finding(Rank::Objects, diagnosis, message))
        .collect()
}
