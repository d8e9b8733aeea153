//! What the Rust runtime said on standard error about the program's own fault.
//!
//! These words never cost a right program anything: they only explain a run in which something else was
//! found, and come first, because they are its cause.

use super::{Expected, Rank, Ranked};
use crate::normalise::readable;
use crate::record::{Event, Record, What};

/// Where the standard library keeps the buffer of standard output.
const STANDARD_OUTPUT: &str = "/std/src/io/stdio.rs:";

/// A fault that the runtime reports.
struct Fault {
    diagnosis: &'static str,
    message: String,
    place: String,
}

/// Puts the runtime's own words before the findings of a run.
pub(super) fn explain(expected: &Expected<'_>, record: &Record, found: &mut Vec<Ranked>) {
    // A terminal shows everything in one place.
    let stderr = readable(match expected.case.typed {
        Some(_) => &record.stdout,
        None => &record.stderr,
    });
    let Some(fault) = panic(&stderr)
        .or_else(|| double_close(&stderr))
        .or_else(|| out_of_descriptors(expected, record))
    else {
        return;
    };
    // The exit code is the crash's, and what was printed and done until then says nothing more.
    found.retain(|ranked| !matches!(ranked.rank, Rank::Exit | Rank::Output | Rank::Work));
    let mut ranked = expected.finding(Rank::Crash, fault.diagnosis, fault.message);
    // A line of the standard library's own source is not where the student has to look.
    if !fault.place.is_empty() && !fault.place.starts_with("/rustc/") {
        ranked.finding.place = fault.place;
    }
    found.push(ranked);
}

/// The first panic: `thread 'main' (17) panicked at src/bin/x.rs:3:5:` and its message on the next line.
fn panic(stderr: &str) -> Option<Fault> {
    let (_, after) = stderr.split_once(" panicked at ")?;
    let (place, rest) = after.split_once(":\n").unwrap_or((after, ""));
    let said = rest.lines().next().unwrap_or_default();
    let place = place.lines().next().unwrap_or_default().to_owned();
    let fault = |diagnosis, message| Fault {
        diagnosis,
        message,
        place: place.clone(),
    };
    Some(
        if let Some(what) = said.strip_prefix("not yet implemented") {
            let what = what.trim_start_matches(": ");
            fault(
                "still-todo",
                format!("the program came to a `todo!`: {what}"),
            )
        } else if place.contains(STANDARD_OUTPUT) && said.contains("already borrowed") {
            // One thread cannot print while it prints, unless a handler interrupts it there.
            let what = "the program panicked because it printed in the middle of printing: a signal handler calls `println!` or the like";
            fault("unsafe-call-in-handler", what.to_owned())
        } else if said.starts_with("attempt to ") && said.ends_with(" with overflow") {
            fault("integer-overflow", format!("the program panicked: {said}"))
        } else if said.contains("EMFILE") || said.contains("Too many open files") {
            fault(
                "out-of-descriptors",
                format!("the program panicked: {said}"),
            )
        } else {
            fault("panicked", format!("the program panicked: {said}"))
        },
    )
}

/// A call that failed because the process had as many descriptors as it may.
fn out_of_descriptors(expected: &Expected<'_>, record: &Record) -> Option<Fault> {
    let failed = |event: &Event| matches!(&event.what, What::Call { error: Some(error), .. } if error == "EMFILE");
    record.events.iter().any(failed).then(|| Fault {
        diagnosis: "out-of-descriptors",
        message: format!(
            "a process has {} descriptors open and cannot get another one",
            expected.case.limits.descriptors
        ),
        place: String::new(),
    })
}

/// The standard library's answer to EBADF when an `OwnedFd` is dropped.
fn double_close(stderr: &str) -> Option<Fault> {
    stderr.contains("IO Safety violation").then(|| Fault {
        diagnosis: "descriptor-closed-twice",
        message: "the program was aborted because it closed a descriptor that it had closed before"
            .to_owned(),
        place: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(place: &str, said: &str, diagnosis: &str) {
        let stderr = format!("\nthread 'main' (17) panicked at {place}:\n{said}\nnote: run with\n");
        assert_eq!(panic(&stderr).unwrap().diagnosis, diagnosis);
    }

    #[test]
    fn printing_while_it_prints_is_a_handler_s_doing() {
        let inside = "/rustc/59807616/library/std/src/io/stdio.rs:860:20";
        check(inside, "RefCell already borrowed", "unsafe-call-in-handler");
        check(
            inside,
            "failed printing to stdout: Broken pipe (os error 32)",
            "panicked",
        );
        check("src/bin/x.rs:3:5", "RefCell already borrowed", "panicked");
    }

    #[test]
    fn what_an_unwrap_says_of_emfile_is_a_lack_of_descriptors() {
        for (said, diagnosis) in [
            (
                "called `Result::unwrap()` on an `Err` value: EMFILE",
                "out-of-descriptors",
            ),
            (
                "called `Result::unwrap()` on an `Err` value: ENFILE",
                "panicked",
            ),
        ] {
            check("src/bin/x.rs:3:5", said, diagnosis);
        }
    }
}
