//! What a case expects of a run beside its output: evidence that the work was done, and how.
//!
//! Each `[[exercise.case.evidence]]` (or `[[exercise.evidence]]`, for all cases of an exercise) states one thing and may name the
//! diagnosis that its failure gets. This module owns the form; `check::evidence` owns the meaning. That exactly one
//! thing is stated is checked by `check_names`.

use serde::Deserialize;
use toml::Spanned;

mod calls;
mod claims;
mod count;
mod ended;
mod which;

pub use crate::record::{Step, Who};
pub use calls::is_call;
pub use claims::{
    AdoptedOrphans, Adopter, Aimed, Before, Calls, ClosedInTime, Computed, Deed, EndedAs, Executed,
    Forked, Grace, Mapped, Moment, Named, NoLeakAtExec, NoneClosedTwice, NoneLeftOpen,
    OrderOfEvents, Parallel, PipeEnd, PriorityOrder, ReapedAll, Signaled, Synced, Threads,
    Transferred, UnreapedAtOnce, Waiting, Writes, Zombies,
};
pub use count::{Bounds, Count};
pub use ended::{Ended, SignalName};
pub use which::Which;

/// One expectation. Exactly one of the fields other than `diagnosis` is given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Evidence {
    /// The diagnosis when the expectation fails; the check's own by default.
    pub diagnosis: Option<Spanned<String>>,
    /// How many processes were made, and by whom.
    pub forked: Option<Forked>,
    /// How many threads each of the processes makes.
    pub threads: Option<Threads>,
    /// Children are started without waiting for one between two forks.
    pub parallel: Option<Parallel>,
    /// How many children there are at one time, from fork to reap.
    pub unreaped_at_once: Option<UnreapedAtOnce>,
    /// Every child is waited for.
    pub reaped: Option<ReapedAll>,
    /// Children that have ended and are not yet waited for.
    pub zombies: Option<Zombies>,
    /// Orphans get a new parent.
    pub adopted: Option<AdoptedOrphans>,
    /// Programs are executed.
    pub executed: Option<Executed>,
    /// Processes give themselves names.
    pub named: Option<Named>,
    /// How processes end.
    pub ended: Option<EndedAs>,
    /// An end of a pipe, FIFO or socket is closed in time.
    pub closed: Option<ClosedInTime>,
    /// Programs that are executed get no descriptors beside 0, 1 and 2.
    pub no_leak_at_exec: Option<NoLeakAtExec>,
    /// Processes that exit have closed what they opened.
    pub none_left_open: Option<NoneLeftOpen>,
    /// No descriptor is closed that is not open.
    pub none_closed_twice: Option<NoneClosedTwice>,
    /// Data goes from one process to another.
    pub transferred: Option<Transferred>,
    /// Calls put data into an object.
    pub writes: Option<Writes>,
    /// Processes share memory.
    pub mapped: Option<Mapped>,
    /// Who waits, sleeps in the kernel.
    pub waiting: Option<Waiting>,
    /// Processes compute.
    pub computed: Option<Computed>,
    /// One thing happens before another.
    pub order: Option<OrderOfEvents>,
    /// Signals are sent.
    pub signaled: Option<Signaled>,
    /// Signals reach whom they are meant for, or nobody.
    pub aimed: Option<Aimed>,
    /// Who is asked to end gets time to do so.
    pub grace: Option<Grace>,
    /// Files are on the disk before they get their final name.
    pub synced: Option<Synced>,
    /// Calls that must, or must not, be made.
    pub calls: Option<Calls>,
}

/// What one [`Evidence`] states.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "each is the field of `Evidence` of its name")]
pub enum Claim<'a> {
    Forked(&'a Forked),
    Threads(&'a Threads),
    Parallel(&'a Parallel),
    UnreapedAtOnce(&'a UnreapedAtOnce),
    Reaped(&'a ReapedAll),
    Zombies(&'a Zombies),
    Adopted(&'a AdoptedOrphans),
    Executed(&'a Executed),
    Named(&'a Named),
    Ended(&'a EndedAs),
    Closed(&'a ClosedInTime),
    NoLeakAtExec(&'a NoLeakAtExec),
    NoneLeftOpen(&'a NoneLeftOpen),
    NoneClosedTwice(&'a NoneClosedTwice),
    Transferred(&'a Transferred),
    Writes(&'a Writes),
    Mapped(&'a Mapped),
    Waiting(&'a Waiting),
    Computed(&'a Computed),
    Order(&'a OrderOfEvents),
    Signaled(&'a Signaled),
    Aimed(&'a Aimed),
    Grace(&'a Grace),
    Synced(&'a Synced),
    Calls(&'a Calls),
}

impl Evidence {
    /// What it states: one thing, in a description that has been checked.
    pub fn claims(&self) -> impl Iterator<Item = Claim<'_>> {
        let all = [
            self.forked.as_ref().map(Claim::Forked),
            self.threads.as_ref().map(Claim::Threads),
            self.parallel.as_ref().map(Claim::Parallel),
            self.unreaped_at_once.as_ref().map(Claim::UnreapedAtOnce),
            self.reaped.as_ref().map(Claim::Reaped),
            self.zombies.as_ref().map(Claim::Zombies),
            self.adopted.as_ref().map(Claim::Adopted),
            self.executed.as_ref().map(Claim::Executed),
            self.named.as_ref().map(Claim::Named),
            self.ended.as_ref().map(Claim::Ended),
            self.closed.as_ref().map(Claim::Closed),
            self.no_leak_at_exec.as_ref().map(Claim::NoLeakAtExec),
            self.none_left_open.as_ref().map(Claim::NoneLeftOpen),
            self.none_closed_twice.as_ref().map(Claim::NoneClosedTwice),
            self.transferred.as_ref().map(Claim::Transferred),
            self.writes.as_ref().map(Claim::Writes),
            self.mapped.as_ref().map(Claim::Mapped),
            self.waiting.as_ref().map(Claim::Waiting),
            self.computed.as_ref().map(Claim::Computed),
            self.order.as_ref().map(Claim::Order),
            self.signaled.as_ref().map(Claim::Signaled),
            self.aimed.as_ref().map(Claim::Aimed),
            self.grace.as_ref().map(Claim::Grace),
            self.synced.as_ref().map(Claim::Synced),
            self.calls.as_ref().map(Claim::Calls),
        ];
        all.into_iter().flatten()
    }

    /// Whether it can be judged only if the calls that move data are traced.
    #[must_use]
    pub fn needs_data(&self) -> bool {
        self.claims().any(|claim| match claim {
            Claim::Transferred(_) | Claim::Writes(_) | Claim::Synced(_) => true,
            Claim::Parallel(parallel) => parallel.reads,
            Claim::Closed(closed) => closed.before != Before::ItsEnd,
            // What is done between two questions may be a read, or a sleep in futex(2).
            Claim::Waiting(waiting) => waiting.polls.is_some() || waiting.in_a_row.is_some(),
            Claim::Order(order) => [&order.last, &order.before_first]
                .iter()
                .any(|moment| moment.needs_data()),
            Claim::Calls(calls) => calls.names.iter().any(|name| calls::moves_data(name)),
            _ => false,
        })
    }

    /// Whether it can be judged only if it is noted which shared memory each process uses.
    #[must_use]
    pub fn needs_memory(&self) -> bool {
        let mut claims = self.claims();
        claims.any(|it| matches!(it, Claim::Mapped(it) if it.resident))
    }

    /// Whether it can be judged only if an intervention of the case holds a process still.
    #[must_use]
    pub fn needs_stop(&self) -> bool {
        let mut claims = self.claims();
        claims.any(|it| matches!(it, Claim::Waiting(it) if it.cpu_ms_while_stopped.is_some()))
    }

    /// What is wrong with it, beside names and the number of things that it states.
    pub(super) fn fault(&self) -> Option<&'static str> {
        self.claims().find_map(|claim| match claim {
            Claim::Zombies(Zombies {
                longest_ms: None,
                count: None,
                ..
            }) => Some("`zombies` states neither `longest_ms` nor `count`"),
            Claim::Waiting(Waiting {
                cpu_ms: None,
                cpu_ms_while_stopped: None,
                polls: None,
                in_a_row: None,
                ..
            }) => Some(
                "`waiting` states none of `cpu_ms`, `polls`, `in_a_row` and `cpu_ms_while_stopped`",
            ),
            Claim::Writes(Writes {
                count: None,
                longest: None,
                ..
            }) => Some("`writes` states neither `count` nor `longest`"),
            Claim::Calls(calls) => calls.fault(),
            Claim::Ended(ended) if ended.how.is_empty() => Some("`how` is empty"),
            Claim::Mapped(mapped) if mapped.by.is_empty() => Some("`by` is empty"),
            Claim::Order(order) => [&order.last, &order.before_first]
                .iter()
                .find_map(|moment| moment.fault()),
            _ => None,
        })
    }
}
