//! Records written down by hand: what is said of them, and what they are called.

use nix::libc;

use super::*;
use crate::record::alive::{
    Alive, Awaited, Descriptor, Does, Ender, Kind, Peer, Thread, Timeout, Wait, Which,
    all_wait_for_each_other,
};
use crate::record::{Event, Process, RECORD_VERSION, Usage, What};

/// A run of these processes, which was not traced.
fn run(alive: Vec<Alive>) -> Record {
    Record {
        version: RECORD_VERSION,
        ending: Ending::Hung,
        stdout: Vec::new(),
        stderr: Vec::new(),
        traced: false,
        events_cut: false,
        processes: Vec::new(),
        objects: Vec::new(),
        events: Vec::new(),
        unreaped: Vec::new(),
        alive,
        leftovers: Vec::new(),
        layers: Vec::new(),
        resident: Vec::new(),
        unobserved: Vec::new(),
        usage: Usage::default(),
    }
}

/// A process whose pipes are written as `"3 r 7"`: number, ends, pipe.
fn process(pid: i32, call: &str, awaited: Awaited, pipes: &[&str]) -> Alive {
    let parse = |text: &&str| {
        let words: Vec<&str> = text.split(' ').collect();
        Descriptor {
            number: words[0].parse().unwrap(),
            object: format!("pipe:[{}]", words[2]),
            traced: None,
            reads: words[1].contains('r'),
            writes: words[1].contains('w'),
            kind: Kind::Pipe,
        }
    };
    let descriptor = match awaited {
        Awaited::Data { descriptor } | Awaited::Room { descriptor } => Some(descriptor),
        _ => None,
    };
    let wait = Wait {
        call: call.to_owned(),
        descriptor,
        timeout: None,
        awaited: vec![awaited],
    };
    Alive {
        pid,
        parent: if pid == 40 { 1 } else { 40 },
        group: 40,
        threads: vec![Thread {
            id: pid,
            does: Does::Wait(wait),
        }],
        descriptors: pipes.iter().map(parse).collect(),
        maps: Vec::new(),
        pending: Vec::new(),
    }
}

fn reads(pid: i32, descriptor: i32, pipes: &[&str]) -> Alive {
    process(pid, "read", Awaited::Data { descriptor }, pipes)
}

fn writes(pid: i32, descriptor: i32, pipes: &[&str]) -> Alive {
    process(pid, "write", Awaited::Room { descriptor }, pipes)
}

fn waits(pid: i32, pipes: &[&str]) -> Alive {
    let which = Which::Any;
    process(pid, "waitpid", Awaited::Child { which }, pipes)
}

fn pauses(pid: i32) -> Alive {
    let signals = Vec::new();
    process(pid, "pause", Awaited::Signal { signals }, &[])
}

#[track_caller]
fn check(alive: Vec<Alive>, causes: &[&str], text: &str) {
    assert!(all_wait_for_each_other(&alive), "{alive:#?}");
    let explanation = explain(&run(alive));
    let named: Vec<&str> = explanation.causes.iter().map(|it| it.name).collect();
    assert_eq!(named, causes);
    assert_eq!(explanation.text(explanation.causes.first()), text);
}

#[test]
fn a_reader_that_holds_the_write_end_waits_for_itself() {
    check(
        vec![reads(40, 3, &["3 r 7", "4 w 7"])],
        &["write-end-left-open"],
        "[pid 1] waits in read(3) for data or the end of pipe 1, whose write end is still open in [pid 1] itself (fd 4). \
         Close fd 4 in [pid 1] before it reads: pipe 1 ends only when nobody has that end open any more.",
    );
}

#[test]
fn a_parent_that_waits_with_the_write_end_open_keeps_its_child_reading() {
    check(
        vec![waits(40, &["4 w 7"]), reads(41, 3, &["3 r 7"])],
        &["write-end-left-open", "waited-instead-of-asking"],
        "[pid 1] waits in waitpid for its child [pid 2] to end. \
         [pid 2] waits in read(3) for data or the end of pipe 1, whose write end is still open in [pid 1] (fd 4). \
         [pid 1] waits for [pid 2], which waits for [pid 1]. \
         Close fd 4 in [pid 1] before it waits: pipe 1 ends only when nobody has that end open any more.",
    );
}

#[test]
fn a_parent_that_waits_before_it_reads_blocks_the_writer() {
    check(
        vec![waits(40, &["3 r 7"]), writes(41, 4, &["4 w 7"])],
        &["waited-before-reading"],
        "[pid 1] waits in waitpid for its child [pid 2] to end. \
         [pid 2] waits in write(4) for room in pipe 1, which is full; its read end is open in [pid 1] (fd 3). \
         [pid 1] waits for [pid 2], which waits for [pid 1]. \
         Read pipe 1 to its end in [pid 1] before you wait for a child there: nobody else empties it.",
    );
}

#[test]
fn two_readers_of_each_other_are_a_deadlock_and_a_lonely_sleeper_is_not() {
    check(
        vec![
            reads(40, 3, &["3 r 7", "4 w 8"]),
            reads(41, 3, &["3 r 8", "4 w 7"]),
        ],
        &["deadlock-both-reading"],
        "[pid 1] waits in read(3) for data or the end of pipe 1, whose write end is still open in [pid 2] (fd 4). \
         [pid 2] waits in read(3) for data or the end of pipe 2, whose write end is still open in [pid 1] (fd 4). \
         [pid 1] waits for [pid 2], which waits for [pid 1]. \
         [pid 1] and [pid 2] both read first: one of them must write.",
    );
    check(
        vec![pauses(40)],
        &[],
        "[pid 1] waits in pause for a signal.",
    );
}

#[test]
fn processes_that_do_the_same_share_a_sentence_and_many_are_cut() {
    let mut alive = vec![waits(40, &["4 w 7"])];
    alive.extend((41..44).map(|pid| reads(pid, 3, &["3 r 7"])));
    let said = explain(&run(alive)).sentences;
    assert_eq!(
        said[1],
        "[pid 2], [pid 3] and [pid 4] wait in read(3) for data or the end of pipe 1, whose write end is still open in [pid 1] (fd 4)."
    );
    let alone = (41..71).map(|pid| reads(pid, 3, &["3 r 7", &format!("4 w {pid}")]));
    let mut alive: Vec<Alive> = alone.collect();
    for (at, process) in alive.iter_mut().enumerate() {
        // Each waits for a pipe of its own.
        process.descriptors[0].object = format!("pipe:[{}]", 41 + at);
    }
    let said = explain(&run(alive)).sentences;
    assert_eq!(said.len(), MOST_SENTENCES + 1);
    assert_eq!(said[MOST_SENTENCES], "18 more are not shown.");
}

#[test]
fn a_wait_that_somebody_else_can_end_is_no_hang() {
    // Nobody of the run has the write end.
    assert!(!all_wait_for_each_other(&[reads(40, 3, &["3 r 7"])]));
    assert!(!all_wait_for_each_other(&[
        pauses(40),
        writes(41, 4, &["4 w 7"])
    ]));
    // The child that is waited for is not among the living.
    assert!(!all_wait_for_each_other(&[waits(40, &[])]));
    let vforked = process(40, "vfork", Awaited::Vforked, &[]);
    assert!(!all_wait_for_each_other(&[vforked]));
    let lock = Awaited::Lock {
        descriptor: 3,
        holders: Vec::new(),
    };
    assert!(!all_wait_for_each_other(&[process(40, "flock", lock, &[])]));
    assert!(!all_wait_for_each_other(&[process(
        40,
        "open",
        Awaited::Other,
        &[]
    )]));
    assert!(!all_wait_for_each_other(&[]));
}

#[test]
fn who_has_a_timeout_or_runs_is_not_hung() {
    let change = |does: Does| {
        let mut alive = [pauses(40)];
        alive[0].threads[0].does = does;
        alive
    };
    let Does::Wait(wait) = pauses(40).threads[0].does.clone() else {
        unreachable!("it waits");
    };
    let timeout = Some(Timeout::Unknown);
    let timed = Does::Wait(Wait {
        timeout,
        ..wait.clone()
    });
    let asleep = Does::Wait(Wait {
        awaited: Vec::new(),
        ..wait
    });
    for does in [timed, asleep, Does::Run { in_kernel: false }, Does::Wake] {
        assert!(!all_wait_for_each_other(&change(does)));
    }
    assert!(all_wait_for_each_other(&change(Does::Stand)));
}

#[test]
fn who_only_asks_for_a_child_gets_nobody_further() {
    let traced = |calls: &[&'static str], other: Alive| {
        let mut asker = waits(40, &["3 r 7"]);
        asker.threads[0].does = Does::Wake;
        let mut record = run(vec![asker, other]);
        let process = |pid, parent| Process {
            pid,
            parent,
            born: 0,
            end: None,
            reaped: None,
            cpu: 0,
            threads: 0,
        };
        record.processes = vec![process(40, None), process(41, Some(0))];
        let event = |call: &&'static str| Event {
            at: 0,
            until: Some(0),
            process: 0,
            what: What::Call {
                call: (*call).into(),
                descriptor: None,
                object: None,
                detail: None,
                error: None,
            },
        };
        record.events = calls.iter().map(event).collect();
        record
    };
    let writer = || writes(41, 4, &["3 r 7", "4 w 7"]);
    assert!(only_asks(&traced(&["nanosleep", "waitpid"], writer())));
    assert!(!only_asks(&traced(&["nanosleep", "read"], writer())));
    assert!(!only_asks(&traced(&[], writer())));
    let mut running = writer();
    running.threads[0].does = Does::Run { in_kernel: false };
    assert!(!only_asks(&traced(&["nanosleep", "waitpid"], running)));
    assert!(!only_asks(&run(vec![writer()])));
}

#[test]
fn of_several_things_that_are_waited_for_any_can_come_from_outside() {
    let mut poll = reads(40, 3, &["3 r 7", "4 w 7", "5 r 8"]);
    let more = |poll: &mut Alive, awaited| match &mut poll.threads[0].does {
        Does::Wait(wait) => wait.awaited.push(awaited),
        _ => unreachable!("it waits"),
    };
    assert!(all_wait_for_each_other(&[poll.clone()]));
    more(&mut poll, Awaited::Data { descriptor: 5 });
    assert!(!all_wait_for_each_other(&[poll.clone()]));
    // A timer is another outside, while it is set.
    for (armed, is_hung) in [(true, false), (false, true)] {
        poll.descriptors[2].kind = Kind::Timer { armed };
        assert_eq!(all_wait_for_each_other(&[poll.clone()]), is_hung);
    }
}

#[test]
fn the_other_end_of_a_socket_decides() {
    let with = |peer: Peer| {
        let mut alive = [reads(40, 3, &["3 rw 7", "4 rw 8"])];
        for (descriptor, object) in alive[0].descriptors.iter_mut().zip(["7", "8"]) {
            descriptor.object = format!("socket:[{object}]");
            let peer = Peer::Outside;
            descriptor.kind = Kind::Socket { peer };
        }
        alive[0].descriptors[0].kind = Kind::Socket { peer };
        all_wait_for_each_other(&alive)
    };
    assert!(with(Peer::Socket("socket:[8]".to_owned())));
    assert!(with(Peer::Unaccepted("socket:[8]".to_owned())));
    assert!(with(Peer::Listens));
    assert!(with(Peer::Anybody));
    assert!(!with(Peer::Socket("socket:[9]".to_owned())));
    assert!(!with(Peer::Outside));
    assert!(!with(Peer::Nobody));
}

/// A client that reads and a server that waits for a child: what the client reads from is also open in the server.
fn client_and_server(is_connection: bool) -> Vec<&'static str> {
    let mut client = reads(40, 3, &["3 r 7"]);
    let mut server = waits(41, &["4 w 7", "5 rw 9"]);
    let socket = |peer: Peer| Kind::Socket { peer };
    server.descriptors[1].kind = socket(Peer::Listens);
    if is_connection {
        client.descriptors[0].object = "socket:[7]".to_owned();
        client.descriptors[0].kind = socket(Peer::Socket("socket:[8]".to_owned()));
        server.descriptors[0].object = "socket:[8]".to_owned();
        server.descriptors[0].kind = socket(Peer::Socket("socket:[7]".to_owned()));
    }
    let explanation = explain(&run(vec![client, server]));
    explanation.causes.iter().map(|it| it.name).collect()
}

#[test]
fn a_server_keeps_connections_and_not_pipes_from_their_end() {
    assert_eq!(
        client_and_server(true),
        ["connection-open-in-parent", "write-end-left-open"]
    );
    assert_eq!(client_and_server(false), ["write-end-left-open"]);
}

/// The program, and a child that a signal has stopped.
fn job_stopped_by(signal: i32) -> Vec<&'static str> {
    let mut job = reads(41, 0, &[]);
    job.threads[0].does = Does::Stand;
    let mut record = run(vec![waits(40, &[]), job]);
    let process = |pid, parent| Process {
        pid,
        parent,
        born: 0,
        end: None,
        reaped: None,
        cpu: 0,
        threads: 0,
    };
    record.processes = vec![process(40, None), process(41, Some(0))];
    record.events = vec![Event {
        at: 1,
        until: None,
        process: 1,
        what: What::Stop { signal },
    }];
    let explanation = explain(&record);
    explanation.causes.iter().map(|it| it.name).collect()
}

#[test]
fn a_job_that_the_terminal_has_stopped_was_not_in_the_foreground() {
    assert_eq!(job_stopped_by(libc::SIGTTIN), ["terminal-not-handed-over"]);
    assert_eq!(job_stopped_by(libc::SIGSTOP), [] as [&str; 0]);
}

#[test]
fn a_record_with_every_kind_of_wait_can_be_written_and_read() {
    let awaited = [
        Awaited::Opening {
            path: "box".to_owned(),
            reads: true,
        },
        Awaited::Acceptance { listener: None },
        Awaited::Vforked,
        Awaited::Lock {
            descriptor: 3,
            holders: vec![Ender {
                pid: 41,
                descriptors: vec![3],
            }],
        },
        Awaited::SystemV {
            what: "a semaphore".to_owned(),
        },
    ];
    let alive: Vec<Alive> = awaited
        .into_iter()
        .map(|it| process(40, "call", it, &["3 r 7"]))
        .collect();
    let text = serde_json::to_string(&alive).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Alive>>(&text).unwrap(), alive);
}
