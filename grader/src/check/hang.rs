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

use crate::record::{Ending, Limit, Record};

mod cause;
mod circle;
mod history;
mod names;
mod words;

pub use cause::Cause;
use names::Names;

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
