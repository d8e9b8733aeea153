//! What the tracer does to a run at chosen points, so that what happens rarely happens every time.
//!
//! A point is the beginning of a call: the thread stands still, so whatever is done to it there is done before the call. This module
//! decides what is due; the recorder does it, and notes it among the events.

use std::collections::HashMap;
use std::time::Duration;

use nix::libc;
use serde::{Deserialize, Serialize};

use crate::record::{ANY_CALL, ProcessId, Who};

/// What is to be done to a run. What is not said is not done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// What is done, and where.
    pub interventions: Vec<Planned>,
    /// Whether sleeps return at once.
    pub instant_sleeps: bool,
    /// Whether waits that have a timeout only take what is there already.
    pub instant_timeouts: bool,
}

/// One intervention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// In which process; in each of them, where the pattern means several.
    pub process: Who,
    /// The call, by the name that it has in the record; [`ANY_CALL`] means each.
    pub call: String,
    /// Which of the process's calls of this name, from 1.
    pub nth: u32,
    /// Whether each process that comes there has its turn one call later than the one before it.
    #[serde(default)]
    pub in_turn: bool,
    /// What is done.
    pub act: Act,
}

/// What is done to a thread before its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// It stands still for so long.
    Hold(Duration),
    /// Its process is killed.
    Kill,
    /// Its process gets this signal: a call that sleeps is interrupted by it, another one is made before.
    Signal(i32),
    /// The call is not made, and returns this: 0, or the negative number of an error.
    Return(i64),
    /// The call moves at most so many bytes.
    Short(u64),
    /// The call's timeout, if it has one, is over at once.
    Expire,
}

impl Act {
    /// What is done, in words.
    #[must_use]
    pub fn in_words(self, call: &str) -> String {
        match self {
            Self::Hold(time) => format!("stopped for {} ms before `{call}`", time.as_millis()),
            Self::Kill => format!("killed before `{call}`"),
            Self::Signal(signal) => format!("got signal {signal} at `{call}`"),
            Self::Return(0) => format!("`{call}` returned at once"),
            Self::Return(error) => format!("`{call}` failed with error {}", -error),
            Self::Short(bytes) => format!("`{call}` moved at most {bytes} bytes"),
            Self::Expire => format!("the timeout of `{call}` was over at once"),
        }
    }
}

/// Names of calls that mean the same to whoever writes a lab.
const ALIKE: [(&str, &[&str]); 4] = [
    ("fork", &["vfork", "clone", "clone3"]),
    ("exec", &["execve", "execveat"]),
    ("waitpid", &["waitid"]),
    (
        "kill",
        &["tkill", "tgkill", "sigqueue", "pidfd_send_signal"],
    ),
];

/// Calls that can have a timeout; of `setsockopt` those are traced that give one to a socket.
const TIMED: [&str; 7] = [
    "poll",
    "select",
    "epoll_wait",
    "sigtimedwait",
    "mq_receive",
    "mq_send",
    "setsockopt",
];

/// A plan under way.
#[derive(Debug, Default)]
pub struct Interventions {
    plan: Plan,
    /// What each process has done of the call of each intervention.
    seen: HashMap<(usize, ProcessId), Seen>,
}

/// What a process has done of a call.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// How often it has come there.
    count: u32,
    /// How many other processes had come there when it first did.
    before: u32,
}

impl Interventions {
    /// A plan of which nothing has been done yet.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            seen: HashMap::new(),
        }
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plan.interventions.is_empty()
            && !self.plan.instant_sleeps
            && !self.plan.instant_timeouts
    }

    /// What is due when the process at this place (the numbers of the children on the way to it) begins this call.
    pub fn due(&mut self, process: ProcessId, place: &[usize], call: &str) -> Option<Act> {
        let mut due = None;
        for (at, planned) in self.plan.interventions.iter().enumerate() {
            if !is_meant(&planned.call, call) || !planned.process.matches(place) {
                continue;
            }
            let others = self.seen.keys().filter(|(it, _)| *it == at).count();
            let seen = self.seen.entry((at, process)).or_insert(Seen {
                count: 0,
                before: u32::try_from(others).unwrap_or(u32::MAX),
            });
            seen.count += 1;
            let later = if planned.in_turn { seen.before } else { 0 };
            if seen.count == planned.nth.saturating_add(later) && due.is_none() {
                due = Some(planned.act);
            }
        }
        if due.is_none() && self.plan.instant_sleeps && call == "nanosleep" {
            due = Some(Act::Return(0));
        }
        if due.is_none() && self.plan.instant_timeouts && TIMED.contains(&call) {
            due = Some(Act::Expire);
        }
        due
    }
}

fn is_meant(wanted: &str, call: &str) -> bool {
    wanted == call
        || wanted == ANY_CALL
        || ALIKE
            .iter()
            .any(|(name, others)| *name == wanted && others.contains(&call))
}

/// Whether the third argument of the call is how many bytes it may move.
#[must_use]
pub fn has_length(number: libc::c_long) -> bool {
    [
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_pread64,
        libc::SYS_pwrite64,
        libc::SYS_recvfrom,
        libc::SYS_sendto,
    ]
    .contains(&number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(process: &str, call: &str, nth: u32) -> Interventions {
        Interventions::new(Plan {
            interventions: vec![planned(process, call, nth)],
            ..Plan::default()
        })
    }

    fn planned(process: &str, call: &str, nth: u32) -> Planned {
        Planned {
            process: process.parse().unwrap(),
            call: call.to_owned(),
            nth,
            in_turn: false,
            act: Act::Kill,
        }
    }

    #[test]
    fn an_intervention_is_due_at_its_call_of_its_process_and_once() {
        let mut interventions = plan("main/1", "write", 2);
        assert_eq!(interventions.due(1, &[1], "write"), None);
        assert_eq!(interventions.due(2, &[2], "write"), None);
        assert_eq!(interventions.due(1, &[1], "read"), None);
        assert_eq!(interventions.due(1, &[1], "write"), Some(Act::Kill));
        assert_eq!(interventions.due(1, &[1], "write"), None);
    }

    #[test]
    fn each_process_of_a_pattern_has_its_own_count() {
        let mut interventions = plan("main/*", "fork", 1);
        assert_eq!(interventions.due(1, &[1], "clone"), Some(Act::Kill));
        assert_eq!(interventions.due(2, &[2], "vfork"), Some(Act::Kill));
        assert_eq!(interventions.due(0, &[], "fork"), None);
    }

    #[test]
    fn processes_have_their_turns_one_call_after_the_other() {
        let mut interventions = Interventions::new(Plan {
            interventions: vec![Planned {
                in_turn: true,
                ..planned("main/*", ANY_CALL, 1)
            }],
            ..Plan::default()
        });
        assert_eq!(interventions.due(0, &[], "open"), None);
        assert_eq!(interventions.due(5, &[1], "open"), Some(Act::Kill));
        assert_eq!(interventions.due(7, &[2], "open"), None);
        assert_eq!(interventions.due(8, &[3], "read"), None);
        assert_eq!(interventions.due(7, &[2], "write"), Some(Act::Kill));
        assert_eq!(interventions.due(8, &[3], "write"), None);
        assert_eq!(interventions.due(7, &[2], "close"), None);
        assert_eq!(interventions.due(8, &[3], "fsync"), Some(Act::Kill));
    }

    #[test]
    fn sleeps_are_instant_only_where_that_is_wanted() {
        let mut instant = Interventions::new(Plan {
            instant_sleeps: true,
            ..Plan::default()
        });
        assert_eq!(instant.due(0, &[], "nanosleep"), Some(Act::Return(0)));
        assert_eq!(instant.due(0, &[], "poll"), None);
        assert_eq!(Interventions::default().due(0, &[], "nanosleep"), None);
    }

    #[test]
    fn timeouts_are_instant_only_where_that_is_wanted() {
        let mut instant = Interventions::new(Plan {
            instant_timeouts: true,
            ..Plan::default()
        });
        assert_eq!(instant.due(0, &[], "poll"), Some(Act::Expire));
        assert_eq!(instant.due(0, &[], "read"), None);
        assert_eq!(Interventions::default().due(0, &[], "poll"), None);
    }
}
