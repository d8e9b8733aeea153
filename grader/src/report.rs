//! Reports: a verdict as bytes, in the form that its reader wants.
//!
//! Every module here is a pure function of the report and of what the course says: no file, no clock,
//! no terminal is touched, and nothing is printed. The command line decides where the bytes go.
//!
//! # Layout, in the order in which to read it
//!
//! - [`style`]: what the reader's terminal can show.
//! - [`json`]: the public report, for programs.
//! - [`terminal`]: the report for people.
//! - [`github`], [`classroom50`], [`gradescope`], [`prairielearn`], [`junit`], [`ctrf`]: what platforms read; [`feedback`]: Markdown.
//!   Students see them, so they are made of a [`concealed`] report. [`occasion`] has what a report does not know, and [`plain`] what
//!   several of them say.
//! - [`markdown`], [`difference`], [`visible`], [`layout`]: the parts that the terminal report is made of.

pub mod style;

pub mod json;
pub mod terminal;

pub mod concealed;
pub mod occasion;
pub mod plain;

pub mod classroom50;
pub mod ctrf;
pub mod feedback;
pub mod github;
pub mod gradescope;
pub mod junit;
pub mod prairielearn;

pub mod markdown;

pub mod difference;

pub mod visible;

pub mod layout;

use std::collections::BTreeMap;

use crate::course::Diagnosis;

/// The texts of the diagnoses that a report speaks of, by lab and name.
///
/// They are read before a report is rendered, so that rendering reads nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts(BTreeMap<(String, String), Diagnosis>);

impl Texts {
    /// Adds the text that an exercise of the lab gets under the diagnosis' name.
    pub fn insert(&mut self, lab: &str, diagnosis: Diagnosis) {
        let key = (lab.to_owned(), diagnosis.name.clone());
        self.0.insert(key, diagnosis);
    }

    /// The text of a diagnosis for exercises of the lab.
    #[must_use]
    pub fn get(&self, lab: &str, name: &str) -> Option<&Diagnosis> {
        self.0.get(&(lab.to_owned(), name.to_owned()))
    }
}
