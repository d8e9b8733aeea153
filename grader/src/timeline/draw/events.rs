//! What an event becomes in the lane of its process: a stretch of it, or a moment.

use crate::record::{Event, ObjectId, ObjectKind, Record, What};
use crate::timeline::picture::{Lane, Point, PointKind, Segment, SegmentKind};
use crate::timeline::words;

/// Adds an event to the lane of its process.
pub(super) fn add(lane: &mut Lane, record: &Record, event: &Event) {
    let said = || words::sentence(record, event);
    let kind = match &event.what {
        // The process' own fields say it.
        What::Exit { .. } => return,
        What::Exec { program } => {
            let base = program.rsplit('/').next().unwrap_or(program);
            lane.name = Some(base.to_owned());
            PointKind::Exec
        }
        What::Name { name } => {
            lane.name = Some(name.clone());
            PointKind::Other
        }
        What::Stop { .. } => {
            lane.segments.push(Segment {
                kind: SegmentKind::Stopped,
                from: event.at,
                until: lane.until,
                returned: false,
                short: "stopped".to_owned(),
                object: None,
                said: said(),
            });
            return;
        }
        What::Continue => {
            let mut stops = lane.segments.iter_mut().rev();
            let stop = stops.find(|it| it.kind == SegmentKind::Stopped && !it.returned);
            if let Some(stop) = stop {
                (stop.until, stop.returned) = (event.at.max(stop.from), true);
            }
            PointKind::Other
        }
        What::Reap { .. } => PointKind::Reap,
        What::Fork { .. } => PointKind::Fork,
        What::Kill { .. } => PointKind::Sent,
        What::Signal { .. } => PointKind::Received,
        What::Transfer { .. } => PointKind::Transfer,
        What::Call { error: Some(_), .. } => PointKind::Refused,
        What::Intervention { .. } => PointKind::Intervention,
        _ => PointKind::Other,
    };
    let waited = waited(lane, record, event, said());
    let takes_time = waited.is_some();
    lane.segments.extend(waited);
    // A call that took time is a segment; what came of it is a point where that matters by itself.
    if !takes_time || matches!(kind, PointKind::Reap | PointKind::Refused) {
        let at = event
            .until
            .unwrap_or(event.at)
            .min(lane.until.max(event.at));
        lane.points.push(Point {
            kind,
            at,
            object: object(&event.what),
            said: said(),
        });
    }
}

/// The stretch that a call took, if it is a call that can take time and did.
fn waited(lane: &Lane, record: &Record, event: &Event, said: String) -> Option<Segment> {
    let kind = match &event.what {
        What::Transfer { .. } => SegmentKind::Transfer,
        What::Reap { .. } => SegmentKind::Call,
        // A FIFO is open when both ends are.
        What::Open { object, .. } if is_fifo(record, *object) => SegmentKind::Call,
        // These never return, and nobody waits for that.
        What::Call { call, .. } if call.starts_with("exit") || call.starts_with("exec") => {
            return None;
        }
        What::Call { call, .. } if event.until.is_none() || can_wait(call) => SegmentKind::Call,
        _ => return None,
    };
    let never = event.until.is_none() && matches!(event.what, What::Call { .. });
    let until = match event.until {
        Some(until) => until,
        None if never => lane.until,
        None => return None,
    };
    let said = if never {
        format!("{said}: never returns")
    } else {
        said
    };
    (until > event.at).then(|| Segment {
        kind,
        from: event.at,
        until,
        returned: !never,
        short: words::short(record, event),
        object: object(&event.what),
        said,
    })
}

/// The object that an event is about.
fn object(what: &What) -> Option<ObjectId> {
    match what {
        What::Open { object, .. } | What::Transfer { object, .. } | What::Map { object, .. } => {
            Some(*object)
        }
        What::Close { object, .. } | What::Call { object, .. } => *object,
        _ => None,
    }
}

fn is_fifo(record: &Record, object: ObjectId) -> bool {
    let object = record.objects.get(object);
    object.is_some_and(|object| object.kind == ObjectKind::Fifo)
}

/// Whether a call can wait for something that another process or the clock does.
fn can_wait(call: &str) -> bool {
    let calls = [
        "accept",
        "connect",
        "epoll",
        "flock",
        "fdatasync",
        "fsync",
        "futex",
        "mq_receive",
        "mq_send",
        "mq_timed",
        "msgrcv",
        "msgsnd",
        "nanosleep",
        "clock_nanosleep",
        "pause",
        "poll",
        "ppoll",
        "pread",
        "pselect",
        "pwrite",
        "read",
        "recv",
        "restart_syscall",
        "rt_sigsuspend",
        "rt_sigtimedwait",
        "select",
        "semop",
        "semtimedop",
        "send",
        "sigsuspend",
        "sigtimedwait",
        "splice",
        "tee",
        "vmsplice",
        "wait",
        "write",
    ];
    // `read` stands for `readv` and `readlink` too: what does not wait takes no time that can be seen.
    calls.iter().any(|known| call.starts_with(known))
}
