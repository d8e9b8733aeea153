//! What connects lanes: forks, reaps and signals.

use nix::libc;

use crate::record::{Event, Micros, ProcessId, Record, What};
use crate::timeline::picture::{Arrow, ArrowKind, Place};
use crate::timeline::words;

/// An arrow from each fork to its child, and from each end to whoever waited for it.
pub(super) fn lives(record: &Record) -> Vec<Arrow> {
    let mut arrows = Vec::new();
    for (id, process) in record.processes.iter().enumerate() {
        if let Some(parent) = process.parent {
            let at = process.born;
            arrows.push(Arrow {
                kind: ArrowKind::Fork,
                from: Place {
                    process: parent,
                    at,
                },
                to: Place { process: id, at },
                said: format!("{} forks {}", words::label(parent), words::label(id)),
            });
        }
        if let (Some(reaped), Some(end)) = (process.reaped, process.end)
            && let Some(by) = reaped.by
        {
            let at = reaped.at.max(end.at);
            arrows.push(Arrow {
                kind: ArrowKind::Reap,
                from: Place { process: id, at },
                to: Place { process: by, at },
                said: format!("{} waits for {}", words::label(by), words::label(id)),
            });
        }
    }
    arrows
}

/// An arrow for each signal that a process of the run sent to another: to where it arrived, if it did.
pub(super) fn signals(events: &[Event]) -> Vec<Arrow> {
    let mut sent = Vec::new();
    let mut arrows: Vec<Arrow> = Vec::new();
    for event in events {
        match event.what {
            What::Kill { signal: 0, .. } => {}
            What::Kill { to, signal, .. } => {
                sent.push((event.process, to, signal, event.at, false))
            }
            What::Signal {
                signal,
                from: Some(from),
            } => {
                let receiver = event.process;
                let matching = sent.iter_mut().find(|(sender, to, sent, _, arrived)| {
                    let meant = to.is_none_or(|to| to == receiver && !arrived);
                    *sender == from && *sent == signal && meant
                });
                let at = match matching {
                    Some((.., at, arrived)) => {
                        *arrived = true;
                        *at
                    }
                    // The kernel sends it for a child.
                    None if signal == libc::SIGCHLD => continue,
                    None => event.at,
                };
                arrows.push(signal_arrow(
                    (from, at),
                    (receiver, event.at.max(at)),
                    signal,
                ));
            }
            _ => {}
        }
    }
    for (sender, to, signal, at, arrived) in sent {
        if let (Some(to), false) = (to, arrived) {
            arrows.push(signal_arrow((sender, at), (to, at), signal));
        }
    }
    arrows.retain(|arrow| arrow.from.process != arrow.to.process);
    arrows
}

fn signal_arrow(from: (ProcessId, Micros), to: (ProcessId, Micros), signal: i32) -> Arrow {
    let place = |(process, at)| Place { process, at };
    let said = format!(
        "{} sends {} to {}",
        words::label(from.0),
        words::signal(signal),
        words::label(to.0)
    );
    Arrow {
        kind: ArrowKind::Signal,
        from: place(from),
        to: place(to),
        said,
    }
}
