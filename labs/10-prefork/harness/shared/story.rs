//! Stories: what was done in a play, in words, and what went wrong in it.

use std::process::ExitCode;

use nix::sys::wait::WaitStatus;

use super::operation::{Action, Operation};
use super::robust;
use super::schedule::{Asleep, Failure, What};
use super::stage::{Stage, Step};
use super::word::Wait;
use crate::program::print_line;

/// So many steps of a story are told, the last ones.
const LONGEST_STORY: usize = 60;

/// What was done, a line for each step.
pub(super) fn story(stage: &Stage) -> Vec<String> {
    let line = |step: &Step| {
        let place = match step.operation.line {
            0 => String::new(),
            line => format!("line {line}"),
        };
        format!(
            "process {}  {place:8}  {}",
            step.actor + 1,
            stage.describe(step)
        )
    };
    let steps = stage.steps();
    let first = steps.len().saturating_sub(LONGEST_STORY);
    steps[first..].iter().map(line).collect()
}

impl Failure {
    /// Prints what went wrong, in a line that `asleep` finds words for where everybody sleeps, and the play that led to it.
    #[must_use]
    pub fn tell(&self, asleep: impl FnOnce(&Asleep) -> String) -> ExitCode {
        let mut code = ExitCode::SUCCESS;
        let headline = match &self.what {
            What::Asleep(it) if it.private => format!(
                "private futex: {} for ever, where no other process can wake it",
                sleep(&it.who)
            ),
            What::Asleep(it) => asleep(it),
            What::Spins(actor) => {
                format!(
                    "busy waiting: process {} looks again and again instead of sleeping",
                    actor + 1
                )
            }
            What::Ended(actor, status) => {
                code = ExitCode::FAILURE;
                let how = match status {
                    WaitStatus::Signaled(_, signal, _) => format!(", by {signal}"),
                    _ => String::new(),
                };
                format!(
                    "process {} has ended in the middle of its work{how}",
                    actor + 1
                )
            }
            What::Seen(seen) => seen.clone(),
            What::System(error) => {
                code = ExitCode::FAILURE;
                format!("the system refused: {error}")
            }
        };
        print_line(&headline);
        print_line("what had happened until then:");
        for line in &self.story {
            print_line(&format!("    {line}"));
        }
        code
    }
}

impl Stage {
    /// A step in words: `state.swap(1) is 0`.
    #[must_use]
    pub fn describe(&self, step: &Step) -> String {
        let Operation {
            action,
            word,
            operands: [first, second],
            ..
        } = step.operation;
        let private = if second != 0 { "private, " } else { "" };
        let (first_number, second_number) = (self.number(first), self.number(second));
        let call = match action {
            Action::Begin => return "begins".to_owned(),
            Action::Returned => return "wakes up".to_owned(),
            Action::Spin => return "looks again".to_owned(),
            Action::End => return "has finished".to_owned(),
            Action::Point => {
                let point = usize::try_from(first)
                    .ok()
                    .and_then(|first| self.points.get(first));
                return point
                    .copied()
                    .unwrap_or("goes on")
                    .replace("{}", &second_number);
            }
            Action::Load => "load()".to_owned(),
            Action::Store => format!("store({first_number})"),
            Action::Swap => format!("swap({first_number})"),
            Action::CompareExchange => format!("compare_exchange({first_number}, {second_number})"),
            Action::FetchAdd => format!("fetch_add({first_number})"),
            Action::FetchSub => format!("fetch_sub({first_number})"),
            Action::FetchAnd => format!("fetch_and({first:#x})"),
            Action::FetchOr => format!("fetch_or({first:#x})"),
            Action::Wait => format!("futex_wait({private}{first_number})"),
            Action::Wake if first > 1000 => format!("futex_wake({private}all)"),
            Action::Wake => format!("futex_wake({private}{first})"),
            Action::Watch => return format!("watch({})", self.name_of(word)),
        };
        let result = match (action, step.result) {
            (Action::Store, _) => String::new(),
            (Action::Wait, Some(result)) if result != Wait::Woken as u64 => {
                " does not sleep".to_owned()
            }
            (Action::Wait, _) => " sleeps".to_owned(),
            (_, Some(result)) => format!(" is {}", self.number(result)),
            (_, None) => String::new(),
        };
        format!("{}.{call}{result}", self.name_of(word))
    }

    /// The name of the word with this address, as the object's declaration has it.
    #[must_use]
    pub fn name_of(&self, word: usize) -> String {
        let offset = word.wrapping_sub(self.base);
        let name = if offset < self.size {
            (self.name_at)(offset)
        } else {
            String::new()
        };
        let name = name.strip_prefix('.').unwrap_or(&name);
        if name.is_empty() {
            "word".to_owned()
        } else {
            name.to_owned()
        }
    }

    fn number(&self, value: u64) -> String {
        let number = u32::try_from(value)
            .ok()
            .filter(|_| self.words_hold_processes);
        let Some(number) = number else {
            return value.to_string();
        };
        let tid = number & robust::TID_MASK;
        let holder = self.actors.iter().position(|it| it.tid() == tid);
        let mut parts: Vec<String> = holder
            .map(|it| format!("process {}", it + 1))
            .into_iter()
            .collect();
        for (mark, name) in [
            (robust::WAITERS, "WAITERS"),
            (robust::OWNER_DIED, "OWNER_DIED"),
        ] {
            if number & mark != 0 {
                parts.push(name.to_owned());
            }
        }
        if parts.is_empty() {
            value.to_string()
        } else {
            parts.join(" | ")
        }
    }
}

/// `process 2 sleeps`, `processes 1 and 3 sleep`.
#[must_use]
pub fn sleep(who: &[usize]) -> String {
    let numbers: Vec<String> = who.iter().map(|it| (it + 1).to_string()).collect();
    match numbers.as_slice() {
        [one] => format!("process {one} sleeps"),
        several => format!("processes {} sleep", several.join(" and ")),
    }
}
