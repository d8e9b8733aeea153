//! Data from process to process, and shared memory.

use super::{check, forks, passes};
use crate::check::evidence::written::Written;
use crate::record::ObjectKind;

#[test]
fn transferred() {
    let evidence = "transferred = { from = \"main/1\", to = \"main\", through = \"pipe\", bytes = \"100..=200\" }";
    let sends = |bytes: u64| {
        move |run: &mut Written| {
            let pipe = run.pipe(0, [3, 4]);
            let child = run.fork(0);
            // The reader has a part of it before the writer's call returns.
            run.read(0, pipe, bytes / 2);
            run.write(child, pipe, bytes);
            run.read(0, pipe, bytes - bytes / 2);
            run.read(0, pipe, 0);
        }
    };
    passes(evidence, sends(150));
    check(
        evidence,
        sends(99),
        "data-went-another-way",
        "there were fewer",
    );
    check(
        evidence,
        sends(201),
        "data-went-another-way",
        "there were more",
    );
    check(evidence, sends(0), "faked-output", "there were none");
    // The parent reads what it has written itself.
    check(
        evidence,
        |run| {
            let pipe = run.pipe(0, [3, 4]);
            run.fork(0);
            run.write(0, pipe, 150);
            run.read(0, pipe, 150);
        },
        "faked-output",
        "there were none",
    );
    check(
        evidence,
        |run| {
            let file = run.object(ObjectKind::File, Some("out.txt"));
            let child = run.fork(0);
            run.write(child, file, 150);
            run.read(0, file, 150);
        },
        "data-went-another-way",
        "some went through file `out.txt`",
    );
}

#[test]
fn a_socket_has_two_directions() {
    let replies = |run: &mut Written| {
        let pair = run.object(ObjectKind::Socket, None);
        let child = run.fork(0);
        run.write(0, pair, 10);
        run.read(child, pair, 10);
        run.write(child, pair, 30);
        run.read(0, pair, 30);
    };
    passes(
        "transferred = { from = \"main\", to = \"main/1\", through = \"socket\", bytes = 10 }",
        replies,
    );
    passes(
        "transferred = { from = \"main/1\", to = \"main\", through = \"socket\", bytes = 30, messages = 1 }",
        replies,
    );
    check(
        "transferred = { from = \"main\", to = \"main/1\", through = \"socket\", messages = 2 }",
        replies,
        "data-went-another-way",
        "2 messages",
    );
}

#[test]
fn messages_have_priorities() {
    let mail = |sent: &'static [u32], received: &'static [u32]| {
        move |run: &mut Written| {
            let queue = run.object(ObjectKind::MessageQueue, Some("/mail"));
            let child = run.fork(0);
            for priority in sent {
                run.send(0, queue, 8, *priority);
            }
            for priority in received {
                run.receive(child, queue, 8, *priority);
            }
        }
    };
    let way = "from = \"main\", to = \"main/1\", through = \"queue /mail\"";
    let order = format!("transferred = {{ {way}, priorities = \"non-increasing\" }}");
    passes(&order, mail(&[1, 3, 2], &[3, 2, 1]));
    check(
        &order,
        mail(&[1, 3, 2], &[1, 3, 2]),
        "priority-ignored",
        "priority 3 came after one of priority 1",
    );
    let distinct = format!("transferred = {{ {way}, distinct_priorities = \"2..\" }}");
    passes(&distinct, mail(&[1, 3], &[3, 1]));
    check(
        &distinct,
        mail(&[0, 0], &[0, 0]),
        "priority-ignored",
        "different priorities",
    );
    let count = format!("transferred = {{ {way}, messages = 2 }}");
    passes(&count, mail(&[1, 1, 1], &[1, 1]));
    check(
        &count,
        mail(&[1, 1, 1], &[1, 1, 1]),
        "data-went-another-way",
        "more",
    );
}

#[test]
fn mapped() {
    let evidence =
        "mapped = { by = [\"main\", \"main/1\"], object = \"mapping\", bytes = \"4096..\" }";
    passes(evidence, |run| {
        let memory = run.object(ObjectKind::Mapping, None);
        run.map(0, memory, 8192);
        run.fork(0);
    });
    // Two processes that map memory for themselves share nothing.
    check(
        evidence,
        |run| {
            let child = run.fork(0);
            for process in [0, child] {
                let memory = run.object(ObjectKind::Mapping, None);
                run.map(process, memory, 8192);
            }
        },
        "private-mapping",
        "shared mapping 1 is not in the memory of [pid 2]",
    );
    check(
        evidence,
        forks,
        "private-mapping",
        "no process mapped such memory",
    );
    // Who has mapped it and never looked there has it not in memory.
    let used = "mapped = { by = [\"main\", \"main/1\"], object = \"mapping\", resident = true }";
    let touches = |by_both: bool| {
        move |run: &mut Written| {
            let memory = run.object(ObjectKind::Mapping, None);
            run.map(0, memory, 8192);
            let child = run.fork(0);
            run.touches(0, memory, 4096);
            if by_both {
                run.touches(child, memory, 8192);
            }
        }
    };
    passes(used, touches(true));
    check(used, touches(false), "private-mapping", "memory of [pid 2]");
    let named = "mapped = { by = [\"main/*\"], object = \"shared-memory /array\" }";
    let opens = |by_both: bool| {
        move |run: &mut Written| {
            let memory = run.object(ObjectKind::SharedMemory, Some("/array"));
            let children = [run.fork(0), run.fork(0)];
            run.map(children[0], memory, 80);
            if by_both {
                run.map(children[1], memory, 80);
            }
        }
    };
    passes(named, opens(true));
    check(named, opens(false), "private-mapping", "memory of [pid 3]");
}

#[test]
fn writes() {
    let writes = |lengths: &'static [u64]| {
        move |run: &mut Written| {
            let fifo = run.object(ObjectKind::Fifo, Some("log"));
            let other = run.pipe(0, [3, 4]);
            let child = run.fork(0);
            for length in lengths {
                run.write(child, fifo, *length);
                run.write(child, other, 5000);
                run.write(0, fifo, 5000);
            }
        }
    };
    let evidence = "writes = { by = \"main/*\", object = \"fifo\", count = 2, longest = 4096 }";
    passes(evidence, writes(&[4096, 1]));
    check(
        evidence,
        writes(&[1, 4097]),
        "data-went-another-way",
        "[pid 2] wrote more",
    );
    check(
        evidence,
        writes(&[1, 1, 1]),
        "data-went-another-way",
        "there were more",
    );
    check(
        evidence,
        writes(&[1]),
        "data-went-another-way",
        "there were fewer",
    );
    check(evidence, writes(&[]), "faked-output", "there were none");
}
