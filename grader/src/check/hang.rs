//! Why a run hangs: who waits for what, and which mistake that is.
//!
//! The processes are all that were alive, and every one of them sleeps, so whoever holds the other end of a pipe will
//! never use it.

use std::collections::BTreeMap;

use crate::normalise::readable;
use crate::record::{Alive, Descriptor};

/// The mistake that explains the hang, or `hung` where none is known.
pub(super) fn cause(alive: &[Alive]) -> &'static str {
    let reads_from_itself =
        |it: &Alive| waits_for_pipe(it, "read").is_some_and(|pipe| writes(it, pipe));
    let kept_open_by_a_waiter = |it: &Alive| {
        waits_for_pipe(it, "read").is_some_and(|pipe| {
            alive
                .iter()
                .any(|other| waits_for_child(other) && writes(other, pipe))
        })
    };
    let nobody_reads = |it: &Alive| {
        waits_for_pipe(it, "write").is_some_and(|pipe| {
            alive
                .iter()
                .any(|other| waits_for_child(other) && reads(other, pipe))
        })
    };
    if alive.iter().any(nobody_reads) {
        "waited-before-reading"
    } else if alive
        .iter()
        .any(|it| reads_from_itself(it) || kept_open_by_a_waiter(it))
    {
        "write-end-left-open"
    } else if alive.len() > 1
        && alive
            .iter()
            .all(|it| waits_in(it, "read") || waits_in(it, "recv"))
    {
        "deadlock-both-reading"
    } else {
        "hung"
    }
}

fn waits_in(process: &Alive, call: &str) -> bool {
    process.waits.as_ref().is_some_and(|wait| wait.call == call)
}

fn waits_for_child(process: &Alive) -> bool {
    waits_in(process, "waitpid") || waits_in(process, "waitid")
}

/// The pipe that the process waits for in `call`.
fn waits_for_pipe<'a>(process: &'a Alive, call: &str) -> Option<&'a str> {
    let wait = process.waits.as_ref().filter(|wait| wait.call == call)?;
    let mut descriptors = process.descriptors.iter();
    let descriptor = descriptors.find(|it| Some(it.number) == wait.descriptor)?;
    is_pipe(&descriptor.object).then_some(descriptor.object.as_str())
}

fn is_pipe(object: &str) -> bool {
    object.starts_with("pipe:")
}

fn writes(process: &Alive, object: &str) -> bool {
    process
        .descriptors
        .iter()
        .any(|it| it.object == object && it.writes)
}

fn reads(process: &Alive, object: &str) -> bool {
    process
        .descriptors
        .iter()
        .any(|it| it.object == object && it.reads)
}

/// Who waits for what, a sentence for each process.
pub(super) fn sentences(alive: &[Alive]) -> String {
    let names = Names::of(alive);
    let sentences = alive
        .iter()
        .filter_map(|process| sentence(process, alive, &names));
    sentences.collect::<Vec<_>>().join(" ")
}

fn sentence(process: &Alive, all: &[Alive], names: &Names) -> Option<String> {
    let wait = process.waits.as_ref()?;
    let who = names.process(process.pid);
    let waiting = wait.descriptor.and_then(|number| {
        process
            .descriptors
            .iter()
            .find(|descriptor| descriptor.number == number)
    });
    let Some(descriptor) = waiting else {
        return Some(format!("{who} waits in {}.", wait.call));
    };
    let object = names.object(&descriptor.object);
    let mut text = format!(
        "{who} waits in {}({}) for {object}",
        wait.call, descriptor.number
    );
    // The other end of a pipe: whoever has it open keeps the waiter waiting.
    if is_pipe(&descriptor.object) {
        let (end, holders) = if wait.call == "write" {
            (
                "read",
                holders(all, names, &descriptor.object, |it| it.reads),
            )
        } else {
            (
                "write",
                holders(all, names, &descriptor.object, |it| it.writes),
            )
        };
        if !holders.is_empty() {
            text.push_str(&format!(
                ", whose {end} end is open in {}",
                holders.join(" and in ")
            ));
        }
    }
    text.push('.');
    Some(text)
}

fn holders(
    all: &[Alive],
    names: &Names,
    object: &str,
    is_end: impl Fn(&Descriptor) -> bool,
) -> Vec<String> {
    let mut holders = Vec::new();
    for process in all {
        let ends = process
            .descriptors
            .iter()
            .filter(|it| it.object == object && is_end(it));
        let numbers: Vec<String> = ends.map(|it| format!("fd {}", it.number)).collect();
        if !numbers.is_empty() {
            holders.push(format!(
                "{} ({})",
                names.process(process.pid),
                numbers.join(", ")
            ));
        }
    }
    holders
}

/// Names that are equal in equal runs: `[pid 1]` (the program itself), `[pid 2]`, `pipe 1`.
struct Names {
    processes: BTreeMap<i32, usize>,
    objects: BTreeMap<String, usize>,
}

impl Names {
    fn of(alive: &[Alive]) -> Self {
        let processes = alive
            .iter()
            .enumerate()
            .map(|(index, it)| (it.pid, index + 1))
            .collect();
        let mut objects: BTreeMap<String, usize> = BTreeMap::new();
        for process in alive {
            let waiting = process.waits.as_ref().and_then(|wait| wait.descriptor);
            let waited = process
                .descriptors
                .iter()
                .filter(|it| Some(it.number) == waiting);
            for descriptor in waited {
                let next = objects.len() + 1;
                objects.entry(descriptor.object.clone()).or_insert(next);
            }
        }
        Self { processes, objects }
    }

    fn process(&self, pid: i32) -> String {
        match self.processes.get(&pid) {
            Some(number) => format!("[pid {number}]"),
            None => "a process".to_owned(),
        }
    }

    fn object(&self, object: &str) -> String {
        let kind = object.split(':').next().unwrap_or_default();
        match (kind, self.objects.get(object)) {
            ("pipe" | "socket", Some(number)) => format!("{kind} {number}"),
            ("pipe" | "socket", None) => format!("a {kind}"),
            // A path: its folder is another one in every run.
            _ => readable(object.rsplit('/').next().unwrap_or_default().as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Wait;

    /// A process that waits in `call`, with descriptors written as `"3 r 7"`: number, ends, pipe.
    fn process(pid: i32, call: &str, descriptor: Option<i32>, descriptors: &[&str]) -> Alive {
        let parse = |text: &&str| {
            let words: Vec<&str> = text.split(' ').collect();
            Descriptor {
                number: words[0].parse().unwrap(),
                object: format!("pipe:[{}]", words[2]),
                reads: words[1].contains('r'),
                writes: words[1].contains('w'),
            }
        };
        Alive {
            pid,
            parent: 1,
            state: 'S',
            waits: Some(Wait {
                call: call.to_owned(),
                descriptor,
            }),
            descriptors: descriptors.iter().map(parse).collect(),
        }
    }

    #[test]
    fn a_reader_that_holds_the_write_end_waits_for_itself() {
        let alive = [process(40, "read", Some(3), &["3 r 7", "4 w 7"])];
        assert_eq!(cause(&alive), "write-end-left-open");
        assert_eq!(
            sentences(&alive),
            "[pid 1] waits in read(3) for pipe 1, whose write end is open in [pid 1] (fd 4)."
        );
    }

    #[test]
    fn a_parent_that_waits_with_the_write_end_open_keeps_its_child_reading() {
        let alive = [
            process(40, "waitpid", None, &["4 w 7"]),
            process(41, "read", Some(3), &["3 r 7"]),
        ];
        assert_eq!(cause(&alive), "write-end-left-open");
    }

    #[test]
    fn a_parent_that_waits_before_it_reads_blocks_the_writer() {
        let alive = [
            process(40, "waitpid", None, &["3 r 7"]),
            process(41, "write", Some(4), &["4 w 7"]),
        ];
        assert_eq!(cause(&alive), "waited-before-reading");
        let text = sentences(&alive);
        assert!(
            text.ends_with(
                "[pid 2] waits in write(4) for pipe 1, whose read end is open in [pid 1] (fd 3)."
            ),
            "{text}"
        );
    }

    #[test]
    fn two_readers_of_each_other_are_a_deadlock_and_a_lonely_sleeper_is_not() {
        let alive = [
            process(40, "read", Some(3), &["3 r 7", "4 w 8"]),
            process(41, "read", Some(3), &["3 r 8", "4 w 7"]),
        ];
        assert_eq!(cause(&alive), "deadlock-both-reading");
        assert_eq!(cause(&[process(40, "pause", None, &[])]), "hung");
    }
}
