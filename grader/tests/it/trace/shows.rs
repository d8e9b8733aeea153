//! What the record says of small programs, as lines: process by process, because two processes may run in any order.

use grader::record::{Direction, Ending, Event, Exit, Object, ObjectId, ObjectKind, Record, What};

use super::Run;

/// A program, and the lines that the record must have, of those that begin with one of the words.
struct Row<'a> {
    shows: &'a str,
    words: &'a [&'a str],
    lines: &'a [&'a str],
}

/// Runs the program with data traced.
#[track_caller]
fn check(row: &Row<'_>) -> Record {
    let record = Run::of("trace_shows", &[row.shows]).with_data().outcome();
    let record = record.record;
    let lines = lines(&record, row.words);
    assert_eq!(lines, row.lines, "{}: {lines:#?}", row.shows);
    record
}

/// The events since the program has called itself "shown", in words, of the kinds that are asked for.
fn lines(record: &Record, words: &[&str]) -> Vec<String> {
    let is_start = |event: &Event| matches!(&event.what, What::Name { name } if name == "shown");
    let start = record.events.iter().position(is_start).unwrap();
    let mut events: Vec<&Event> = record.events[start + 1..].iter().collect();
    events.sort_by_key(|event| event.process);
    let lines = events
        .iter()
        .map(|event| (event.process, line(record, event)));
    lines
        .filter(|(_, line)| words.iter().any(|word| line.starts_with(word)))
        .map(|(process, line)| format!("{process} {line}"))
        .collect()
}

fn line(record: &Record, event: &Event) -> String {
    let object = |id: ObjectId| {
        let it = &record.objects[id];
        let name = it.name.as_ref().map(|name| format!(" {name}"));
        format!(
            "{} {}{}",
            it.kind.term(),
            it.number,
            name.unwrap_or_default()
        )
    };
    let process = |id: Option<usize>| id.map_or("nobody".to_owned(), |id| id.to_string());
    match &event.what {
        What::Fork { child } => format!("fork {child}"),
        What::Exec { program } => format!("exec {program}"),
        What::Name { name } => format!("name {name}"),
        What::Exit {
            how: Exit::Code(code),
        } => format!("exit {code}"),
        What::Exit {
            how: Exit::Signal(signal),
        } => format!("exit by signal {signal}"),
        What::Reap { child, .. } => format!("reap {child}"),
        What::Adopted { by } => format!("adopted by {}", process(*by)),
        What::Kill { to, signal, .. } => format!("kill {} with {signal}", process(*to)),
        What::Signal { signal, from } => format!("signal {signal} from {}", process(*from)),
        What::Stop { signal } => format!("stop {signal}"),
        What::Continue => "continue".to_owned(),
        What::Open {
            call,
            descriptor,
            object: id,
            reads,
            writes,
            close_on_exec,
        } => {
            let mode = [(*reads, "r"), (*writes, "w"), (*close_on_exec, "x")];
            let mode = mode.iter().filter(|(is, _)| *is).map(|(_, letter)| *letter);
            let mode = mode.collect::<String>();
            format!("open {descriptor} {mode} {} by {call}", object(*id))
        }
        What::Close {
            descriptor,
            object: id,
        } => format!("close {descriptor} {}", id.map_or("?".to_owned(), object)),
        What::Transfer {
            call,
            direction,
            object: id,
            bytes,
            ..
        } => {
            let way = match direction {
                Direction::In => "from",
                Direction::Out => "to",
            };
            format!("move {bytes} {way} {} by {call}", object(*id))
        }
        What::Map { object: id, bytes } => format!("map {bytes} of {}", object(*id)),
        What::Call {
            call,
            descriptor,
            error,
            ..
        } => {
            let mut line = format!("call {call}");
            if let Some(descriptor) = descriptor {
                line = format!("{line} {descriptor}");
            }
            match (event.until, error) {
                (None, _) => format!("{line} never returned"),
                (_, Some(error)) => format!("{line} {error}"),
                _ => line,
            }
        }
        What::Intervention { what, .. } => format!("intervention {what}"),
    }
}

const FAMILY: &[&str] = &["fork", "exec", "exit", "reap", "adopted"];

#[test]
fn who_reaped_whom() {
    let record = check(&Row {
        shows: "reaps",
        words: FAMILY,
        lines: &[
            "0 fork 1", "0 reap 1", "0 fork 2", "0 reap 2", "0 fork 3", "0 reap 3", "0 fork 4",
            "0 exit 0", "1 exit 7", "2 exit 8", "3 exit 9", "4 exit 0",
        ],
    });
    // Its parent ignores SIGCHLD.
    assert_eq!(record.processes[4].reaped.map(|it| it.by), Some(None));
    assert_eq!(record.unreaped, []);
}

#[test]
fn who_adopted_whom() {
    let record = check(&Row {
        shows: "orphan",
        words: FAMILY,
        lines: &[
            "0 fork 1",
            "0 reap 1",
            "0 exit 0",
            "1 fork 2",
            "1 exit 4",
            "2 adopted by nobody",
            "2 exit 5",
        ],
    });
    assert_eq!(record.unreaped.len(), 1);
    let record = check(&Row {
        shows: "adopted",
        words: FAMILY,
        lines: &[
            "0 fork 1",
            "0 reap 1",
            "0 reap 2",
            "0 exit 0",
            "1 fork 2",
            "1 exit 4",
            "2 adopted by 0",
            "2 exit 5",
        ],
    });
    assert_eq!(record.unreaped, []);
}

#[test]
fn who_executed_what() {
    check(&Row {
        shows: "thread",
        words: FAMILY,
        lines: &[
            "0 fork 1",
            "0 reap 1",
            "0 exit 0",
            "1 exec /proc/self/exe",
            "1 exit 5",
        ],
    });
    check(&Row {
        shows: "spawn",
        words: FAMILY,
        lines: &[
            "0 fork 1",
            "0 reap 1",
            "0 exit 0",
            "1 exec /bin/true",
            "1 exit 0",
        ],
    });
}

#[test]
fn what_was_opened() {
    check(&Row {
        shows: "objects",
        words: &["open", "map", "call open", "call unlink", "call mknod"],
        lines: &[
            "0 open 3 rx pipe 1 by pipe",
            "0 open 4 wx pipe 1 by pipe",
            "0 open 5 rw socket 1 by socketpair",
            "0 open 6 rw socket 1 by socketpair",
            "0 call mknod",
            "0 open 7 rw FIFO 1 fifo by open",
            "0 open 8 rw shared memory object 1 by memfd_create",
            "0 open 9 rwx shared memory object 2 /trace-shows by open",
            "0 call unlink",
            "0 open 10 wx file 1 file by open",
            "0 call open ENOENT",
            "0 map 4096 of shared mapping 1",
            "0 call unlink",
        ],
    });
}

/// CPU time is asked for only when an end is announced.
#[test]
fn cpu_time_is_known_however_a_process_ends() {
    let record = Run::of("trace_shows", &["cpu"]).outcome().record;
    assert_eq!(record.processes.len(), 4);
    for process in &record.processes[1..] {
        assert!(process.cpu >= 30_000, "{process:?}");
    }
    // What its children used is not its own.
    assert!(
        record.processes[0].cpu < 90_000,
        "{:?}",
        record.processes[0]
    );
}

#[test]
fn who_used_which_shared_memory() {
    let mut run = Run::of("trace_shows", &["memory"]).with_data();
    let unasked = run.outcome().record;
    assert_eq!(unasked.resident, []);
    run.request.memory = true;
    let record = run.outcome().record;
    let mapping = |number| {
        let is_it = |it: &Object| it.kind == ObjectKind::Mapping && it.number == number;
        record.objects.iter().position(is_it).unwrap()
    };
    let users = |object| -> Vec<usize> {
        let resident = record.resident.iter().filter(|it| it.object == object);
        resident.map(|it| it.process).collect()
    };
    assert_eq!(users(mapping(1)), [0, 1]);
    assert_eq!(users(mapping(2)), [0]);
    assert!(users(mapping(3)).is_empty());
    let bytes = record.resident.iter().map(|it| it.bytes);
    assert!(bytes.min() >= Some(4096));
}

/// By its number, not by its name: it may have had none.
#[test]
fn which_file_was_renamed() {
    let record = Run::of("trace_shows", &["renamed"]).outcome().record;
    let file = record.events.iter().find_map(|event| match &event.what {
        What::Call { call, object, .. } if call == "rename" => *object,
        _ => None,
    });
    let name = &record.objects[file.unwrap()].name;
    assert_eq!(name.as_deref(), Some("draft"));
}

/// Who attaches a segment of System V has the same object as everybody else who does.
#[test]
fn a_segment_is_one_object() {
    check(&Row {
        shows: "segment",
        words: &["map", "call shmat"],
        lines: &[
            "0 call shmat",
            "0 map 8192 of shared mapping 1",
            "1 call shmat",
            "1 map 8192 of shared mapping 1",
        ],
    });
}

#[test]
fn descriptors_are_copied_shared_and_closed() {
    check(&Row {
        shows: "descriptors",
        words: &["open", "close", "exec", "call close"],
        lines: &[
            "0 open 3 rx pipe 1 by pipe",
            "0 open 4 wx pipe 1 by pipe",
            "0 open 10 r pipe 1 by dup2",
            "0 open 11 w pipe 1 by dup2",
            "0 open 12 w pipe 1 by dup2",
            "0 open 13 w pipe 1 by dup2",
            "0 close 12 pipe 1",
            "0 close 13 pipe 1",
            "0 close 4 pipe 1",
            "0 close 3 pipe 1",
            "1 exec /proc/self/exe",
            "1 close 10 pipe 1",
            "1 call close 11 EBADF",
            "1 call close 3 EBADF",
        ],
    });
}

#[test]
fn data_that_moved() {
    check(&Row {
        shows: "transfers",
        words: &["move"],
        lines: &[
            "0 move 1 to pipe 1 by write",
            "0 move 1 from pipe 1 by read",
            "0 move 2 to pipe 1 by writev",
            "0 move 2 from pipe 1 by readv",
            "0 move 3 to pipe 1 by write",
            "0 move 3 to pipe 2 by tee",
            "0 move 3 from pipe 2 by read",
            "0 move 3 from pipe 1 by splice",
            "0 move 3 to pipe 2 by splice",
            "0 move 3 from pipe 2 by read",
            "0 move 4 to file 1 file by write",
            "0 move 4 from file 1 file by sendfile",
            "0 move 4 to pipe 2 by sendfile",
            "0 move 4 from pipe 2 by read",
            "0 move 5 to socket 1 by sendmsg",
            "0 move 5 from socket 1 by recvmsg",
            "0 move 6 to pipe 1 by write",
            "0 move 6 from pipe 1 by splice",
            "0 move 6 to socket 1 by splice",
            "0 move 0 from pipe 1 by splice",
            "0 move 0 to socket 1 by splice",
        ],
    });
}

#[test]
fn data_that_nobody_asked_for_is_absent() {
    let record = Run::of("trace_shows", &["transfers"]).outcome().record;
    assert_eq!(lines(&record, &["move"]), Vec::<String>::new());
}

#[test]
fn who_signaled_whom() {
    check(&Row {
        shows: "signals",
        words: &["kill", "signal", "stop", "continue", "exit"],
        lines: &[
            "0 signal 10 from 1",
            "0 kill 1 with 19",
            "0 signal 17 from 1",
            "0 kill 1 with 18",
            "0 signal 17 from 1",
            "0 kill 1 with 15",
            "0 signal 17 from 1",
            "0 kill 0 with 0",
            "0 exit 0",
            "1 kill 0 with 10",
            "1 signal 19 from 0",
            "1 stop 19",
            "1 continue",
            "1 signal 18 from 0",
            "1 signal 15 from 0",
            "1 exit by signal 15",
        ],
    });
}

#[test]
fn calls_that_never_returned() {
    let record = check(&Row {
        shows: "hang",
        words: &["call read", "call waitpid", "fork", "exit", "reap"],
        lines: &[
            "0 fork 1",
            "0 call waitpid never returned",
            "1 call read 3 never returned",
        ],
    });
    assert_eq!(record.ending, Ending::Hung);
    check(&Row {
        shows: "killed",
        words: &["call waitpid", "exit", "reap", "adopted"],
        lines: &[
            "0 reap 1",
            "0 exit 0",
            "1 call waitpid never returned",
            "1 exit by signal 9",
            "2 adopted by nobody",
        ],
    });
}

#[test]
fn calls_that_a_signal_interrupted() {
    let words = &["call read", "move 1 from pipe"];
    check(&Row {
        shows: "told",
        words,
        lines: &["0 call read 3 EINTR"],
    });
    check(&Row {
        shows: "restarted",
        words,
        lines: &["0 move 1 from pipe 1 by read"],
    });
}
