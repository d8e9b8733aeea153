//! What things are called in every view.

use nix::libc;
use nix::sys::signal::Signal;

use crate::record::{
    Direction, Ending, Event, Exit, Limit, Micros, ObjectId, ObjectKind, ProcessId, Record, What,
};

/// What a process is called: its number in the order of the tree.
#[must_use]
pub fn label(process: ProcessId) -> String {
    format!("[pid {}]", process + 1)
}

/// A length of time, in three digits.
#[must_use]
pub fn time(micros: Micros) -> String {
    let with_point = |whole: Micros, unit: &str| {
        let (before, after) = (whole / 1000, whole % 1000);
        match before {
            0..10 => format!("{before}.{:02} {unit}", after / 10),
            10..100 => format!("{before}.{} {unit}", after / 100),
            _ => format!("{before} {unit}"),
        }
    };
    match micros {
        0..1000 => format!("{micros} µs"),
        1000..1_000_000 => with_point(micros, "ms"),
        _ => with_point(micros / 1000, "s"),
    }
}

/// A signal's name.
#[must_use]
pub fn signal(number: i32) -> String {
    let first = libc::SIGRTMIN();
    match Signal::try_from(number) {
        Ok(signal) => signal.as_str().to_owned(),
        Err(_) if number == first => "SIGRTMIN".to_owned(),
        Err(_) if (first..=libc::SIGRTMAX()).contains(&number) => {
            format!("SIGRTMIN+{}", number - first)
        }
        Err(_) => format!("signal {number}"),
    }
}

/// What an object is called: `pipe 1`, `FIFO "requests"`.
#[must_use]
pub fn object(record: &Record, id: ObjectId) -> String {
    let Some(object) = record.objects.get(id) else {
        return "an unknown object".to_owned();
    };
    match &object.name {
        // "standard output" is a name that says what it is.
        Some(name) if object.kind == ObjectKind::Other => name.clone(),
        Some(name) => format!("{} \"{name}\"", object.kind.term()),
        None => format!("{} {}", object.kind.term(), object.number),
    }
}

/// How a process ended, behind its name.
#[must_use]
pub fn exit(how: Exit) -> String {
    match how {
        Exit::Code(code) => format!("ended with exit code {code}"),
        Exit::Signal(number) => format!("was ended by {}", signal(number)),
    }
}

/// How the run ended, behind the program's name.
#[must_use]
pub fn ending(ending: Ending) -> String {
    match ending {
        Ending::Exited { code } => exit(Exit::Code(code)),
        Ending::Signaled { signal } => exit(Exit::Signal(signal)),
        Ending::Hung => "hung (every process waited for another one)".to_owned(),
        Ending::Exceeded { limit } => {
            let limit = match limit {
                Limit::Time => "time",
                Limit::Cpu => "CPU time",
                Limit::Output => "output",
                Limit::Processes => "processes",
                Limit::Memory => "memory",
                Limit::FileSize => "a file's size",
                Limit::Disk => "disk space",
            };
            format!("was ended by the grader: over its limit of {limit}")
        }
    }
}

/// A call that moves data or waits, in a few letters: `read pipe 1`.
#[must_use]
pub fn short(record: &Record, event: &Event) -> String {
    match &event.what {
        What::Transfer {
            call, object: id, ..
        } => format!("{call} {}", object(record, *id)),
        What::Call {
            call,
            object: Some(id),
            ..
        } => format!("{call} {}", object(record, *id)),
        What::Call { call, .. } => call.to_string(),
        What::Reap { child, .. } => format!("wait {}", label(*child)),
        What::Open { object: id, .. } => format!("open {}", object(record, *id)),
        _ => String::new(),
    }
}

/// An event as a sentence without its subject: "forks \[pid 2\]".
#[must_use]
pub fn sentence(record: &Record, event: &Event) -> String {
    match &event.what {
        What::Fork { child } => format!("forks {}", label(*child)),
        What::Exec { program } => format!("runs the program {program}"),
        What::Name { name } => format!("calls itself {name}"),
        What::Exit { how } => exit(*how),
        What::Reap { child, .. } => reap(record, *child),
        What::Adopted { by: Some(parent) } => {
            format!("is an orphan: adopted by {}", label(*parent))
        }
        What::Adopted { by: None } => {
            "is an orphan: adopted by the system's first process".to_owned()
        }
        What::Kill { to, target, signal } => kill(*to, *target, *signal),
        What::Signal {
            signal: number,
            from,
        } => {
            let from = from.map_or(String::new(), |from| format!(" from {}", label(from)));
            format!("gets {}{from}", signal(*number))
        }
        What::Stop { signal: number } => format!("is stopped by {}", signal(*number)),
        What::Continue => "goes on after a stop".to_owned(),
        What::Open { .. } | What::Close { .. } | What::Map { .. } => {
            descriptor(record, &event.what)
        }
        What::Transfer {
            call,
            direction,
            descriptor,
            object: id,
            bytes,
            priority,
        } => {
            let (verb, side) = match direction {
                Direction::In => ("gets", "from"),
                Direction::Out => ("puts", "into"),
            };
            let unit = if *bytes == 1 { "byte" } else { "bytes" };
            let object = object(record, *id);
            let priority = priority.map_or(String::new(), |it| format!(", priority {it}"));
            format!("{call}({descriptor}): {verb} {bytes} {unit} {side} {object}{priority}")
        }
        What::Call { .. } => call(record, &event.what),
        What::Intervention { what, .. } => format!("the grader steps in: {what}"),
    }
}

fn reap(record: &Record, child: ProcessId) -> String {
    let end = record.processes.get(child).and_then(|child| child.end);
    let end = end.map_or(String::new(), |end| format!(", which {}", exit(end.how)));
    format!("waits for {}{end}", label(child))
}

fn kill(to: Option<ProcessId>, target: i64, number: i32) -> String {
    let receiver = match to {
        Some(process) => label(process),
        None if target == -1 => "every process that it may".to_owned(),
        None if target == 0 => "its own process group".to_owned(),
        None if target < 0 => format!("process group {}", target.unsigned_abs()),
        None => format!("process {target}"),
    };
    if number == 0 {
        format!("asks whether {receiver} exists")
    } else {
        format!("sends {} to {receiver}", signal(number))
    }
}

fn descriptor(record: &Record, what: &What) -> String {
    match what {
        What::Open {
            descriptor,
            object: id,
            reads,
            writes,
            close_on_exec,
            ..
        } => {
            let mode = match (reads, writes) {
                (true, true) => " to read and write",
                (true, false) => " to read",
                (false, true) => " to write",
                (false, false) => "",
            };
            let exec = if *close_on_exec {
                ", closed at exec"
            } else {
                ""
            };
            format!("opens fd {descriptor}: {}{mode}{exec}", object(record, *id))
        }
        What::Close {
            descriptor,
            object: id,
        } => {
            let object = id.map_or(String::new(), |id| format!(": {}", object(record, id)));
            format!("closes fd {descriptor}{object}")
        }
        What::Map { object: id, bytes } => format!("maps {bytes} bytes of {}", object(record, *id)),
        _ => String::new(),
    }
}

fn call(record: &Record, what: &What) -> String {
    let What::Call {
        call,
        descriptor,
        object: id,
        detail,
        error,
    } = what
    else {
        return String::new();
    };
    let about = descriptor.map_or(String::new(), |number| format!("({number})"));
    let object = id.map_or(String::new(), |id| format!(" on {}", object(record, id)));
    let detail = detail
        .as_ref()
        .map_or(String::new(), |it| format!(", {it}"));
    let error = error
        .as_ref()
        .map_or(String::new(), |it| format!(": fails with {it}"));
    format!("{call}{about}{object}{detail}{error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        let times = [
            0, 999, 1000, 12_345, 123_456, 999_999, 1_234_567, 61_000_000,
        ];
        let shown = times.map(time);
        let expected = [
            "0 µs", "999 µs", "1.00 ms", "12.3 ms", "123 ms", "999 ms", "1.23 s", "61.0 s",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn every_signal_has_a_name() {
        assert_eq!(signal(9), "SIGKILL");
        assert_eq!(signal(libc::SIGRTMIN()), "SIGRTMIN");
        assert_eq!(signal(libc::SIGRTMIN() + 2), "SIGRTMIN+2");
        assert_eq!(signal(-4), "signal -4");
    }
}
