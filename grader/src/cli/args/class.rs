//! What can be typed of the instructor's commands. The program `grader-class` reads the same words and obeys them; they are here so that
//! help, completions and manual pages need no second program.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// A class run.
#[derive(Debug, Args)]
pub struct Class {
    /// The folder with one entry for each student.
    pub dir: PathBuf,
    /// The folder for results, gradebook and feedback.
    #[arg(long, value_name = "OUT")]
    pub out: PathBuf,
    /// Labs and exercises to grade; all if none is named.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Who is in the class: a CSV file with any of the columns id, login, github, email, name; exports of Canvas, Moodle and GitHub
    /// Classroom are understood.
    #[arg(long, value_name = "FILE")]
    pub roster: Option<PathBuf>,
    /// How many submissions are graded at once; one for each processor by default.
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// The seed from which hidden arguments are drawn: choose one for each term.
    #[arg(long, value_name = "TEXT", default_value = crate::course::DEFAULT_SEED)]
    pub seed: String,
    /// Grade again what has not changed: a student, an exercise, a lab, or `all`.
    #[arg(long, value_name = "WHAT")]
    pub regrade: Vec<String>,
    /// Grade one part of N of the class only, counted from 0.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// Grade nothing: write the answers into OUT in the form of a program that looks for copied ones, with the stubs as the code that
    /// everybody has.
    #[arg(long, value_name = "FORM", conflicts_with_all = ["regrade", "jobs"])]
    pub export: Option<Similarity>,
    /// What marks become after the verdict.
    #[command(flatten)]
    pub policy: PolicyFiles,
}

/// Programs that look for copied answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Similarity {
    /// Dolos: for each exercise an info.csv, with the files that it names.
    Dolos,
    /// JPlag: for each exercise a folder for each student.
    Jplag,
}

/// Parts to put together.
#[derive(Debug, Args)]
pub struct Merge {
    /// The OUT folders of the parts.
    #[arg(required = true, value_name = "OUT")]
    pub parts: Vec<PathBuf>,
    /// The folder for the whole class.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// What marks become after the verdict.
    #[command(flatten)]
    pub policy: PolicyFiles,
}

/// A kept run to tell again.
#[derive(Debug, Args)]
pub struct ExplainRecord {
    /// The file.
    pub file: PathBuf,
    /// Write the timeline as a page that opens in any browser.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// The files of what marks become after the verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct PolicyFiles {
    /// When labs are due and what lateness costs: a TOML file with percent_per_day, last_day, free_days, grace_minutes, and in the
    /// table `due` lines such as 02-pipes = "2026-10-01T23:59:00+02:00".
    #[arg(long, value_name = "FILE")]
    pub deadlines: Option<PathBuf>,
    /// When labs were handed in, where git does not know or is not to be believed: a CSV file with id, submitted and perhaps lab.
    #[arg(long, value_name = "FILE")]
    pub times: Option<PathBuf>,
    /// Marks that a person has changed: a CSV file with id, name (of an exercise or lab), points and reason. They outlive every
    /// regrade.
    #[arg(long, value_name = "FILE")]
    pub overrides: Option<PathBuf>,
}
