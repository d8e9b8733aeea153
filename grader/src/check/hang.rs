//! Why a run hangs: who waits in which call for what, who could end that, and which mistake it is.
//!
//! Everything follows from the processes that were alive ([`Record::alive`]) and, where there is a trace, from what they did before.
//! Who could end a wait is said by [`crate::record::alive`], which the runner asks too: what is explained here is what it judged.
//! Processes and objects are called what the rest of the report calls them, so equal hangs have equal texts.
//!
//! # Layout
//!
//! - `names`: what processes, objects and signals are called.
//! - `words`: a sentence for each thread.
//! - `circle`: processes that wait for each other in a circle.
//! - `cause`: mistakes, by the shape of the waiting.

use crate::record::alive::Does;
use crate::record::{Ending, Limit, Micros, Record};

mod cause;
mod circle;
mod history;
mod names;
mod words;

pub use cause::Cause;
use names::Names;

/// What a process has done in this time before the end of the run, it does all the time.
const LATELY: Micros = 500_000;

/// At most so many sentences are said.
const MOST_SENTENCES: usize = 12;

/// A run that was ended from outside, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Who does what, in sentences; empty where nobody was seen alive.
    pub sentences: Vec<String>,
    /// The mistakes that its shape is known for, the most telling first; none of a run that could still go on.
    pub causes: Vec<Cause>,
}

/// Explains a run that was ended from outside.
#[must_use]
pub fn explain(record: &Record) -> Explanation {
    let names = Names::of(record);
    let mut sentences = words::sentences(record, &names);
    if sentences.len() > MOST_SENTENCES {
        let more = sentences.len() - MOST_SENTENCES;
        sentences.truncate(MOST_SENTENCES);
        sentences.push(format!("{more} more are not shown."));
    }
    let is_hung = matches!(
        record.ending,
        Ending::Hung | Ending::Exceeded { limit: Limit::Time }
    );
    let causes = if is_hung {
        cause::causes(record, &names)
    } else {
        Vec::new()
    };
    sentences.extend(circle::sentence(record, &names));
    Explanation { sentences, causes }
}

/// Whether nobody gets any further though somebody is awake: some wait, without a timeout, and whoever wakes only asks whether a
/// child has ended, and naps.
#[must_use]
pub fn only_asks(record: &Record) -> bool {
    const ASKING: [&str; 2] = ["nanosleep", "waitpid"];
    let names = Names::of(record);
    let mut asks = false;
    let mut waits = false;
    let all_stand = record.alive.iter().all(|process| {
        process.threads.iter().all(|thread| match &thread.does {
            Does::Wait(wait) => {
                waits = true;
                wait.timeout.is_none() && !wait.awaited.is_empty()
            }
            Does::Wake => {
                asks = true;
                let id = names.id(process.pid);
                let calls = id.map(|id| history::calls_lately(record, id, LATELY));
                calls
                    .is_some_and(|it| !it.is_empty() && it.iter().all(|call| ASKING.contains(call)))
            }
            Does::Run { .. } | Does::Stand => false,
        })
    });
    all_stand && asks && waits
}

impl Explanation {
    /// The cause of this name, where it is among them.
    #[must_use]
    pub fn cause(&self, name: &str) -> Option<&Cause> {
        self.causes.iter().find(|it| it.name == name)
    }

    /// The sentences, and what to do about a cause.
    #[must_use]
    pub fn text(&self, cause: Option<&Cause>) -> String {
        let advice = cause.map(|it| it.advice.as_str());
        let sentences = self.sentences.iter().map(String::as_str);
        sentences.chain(advice).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests;
