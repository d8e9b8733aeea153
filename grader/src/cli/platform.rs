//! Reports in the forms of platforms: what each wants to know beside the verdicts, and where its parts go.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use super::args::Format;
use super::exit::Exit;
use super::failure::Failure;
use crate::report::concealed::concealed;
use crate::report::occasion::Occasion;
use crate::report::style::Style;
use crate::report::terminal::{self, Page};
use crate::report::{classroom50, ctrf, feedback, github, gradescope, json, junit, prairielearn};
use crate::submission::Answers;
use crate::verdict::Report;

/// The files that GitHub Actions names for a step's outputs and for its summary.
const GITHUB_FILES: [&str; 2] = ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"];

/// The name of the step's output that holds a runner's result.
const GITHUB_RESULT: &str = "result";

/// What is known before anything is graded.
#[derive(Debug)]
pub(super) struct Platform {
    format: Format,
    occasion: Occasion,
}

/// A report in its form: the main text, and what is appended to other files.
#[derive(Debug)]
pub(super) struct Delivery {
    /// The report, for standard output or the file that was asked for.
    pub(super) text: String,
    /// Lines for files of the platform.
    pub(super) appended: Vec<(PathBuf, String)>,
}

impl Platform {
    /// Asks the environment what this form needs.
    ///
    /// # Errors
    /// When the platform's variables are missing: what nobody could collect is not graded.
    pub(super) fn prepare(format: Format, answers: &Answers, root: &Path) -> Result<Self, Failure> {
        let names: Vec<&str> = match format {
            Format::Classroom50 => classroom50::VARIABLES
                .into_iter()
                .chain(classroom50::OPTIONAL)
                .collect(),
            Format::Github => GITHUB_FILES.to_vec(),
            _ => Vec::new(),
        };
        let known = |name: &str| Some((name.to_owned(), std::env::var(name).ok()?));
        let variables: BTreeMap<String, String> = names.into_iter().filter_map(known).collect();
        if format == Format::Classroom50 {
            let missing = classroom50::VARIABLES.into_iter().find(|name| {
                let value = variables.get(*name);
                value.is_none_or(String::is_empty)
            });
            if let Some(name) = missing {
                return Err(Failure::usage(anyhow::anyhow!("{name} is not set"))
                    .while_it("write a result for Classroom 50")
                    .hint("its runner sets this variable; elsewhere use another --format"));
            }
        }
        let committed = (format == Format::Classroom50).then(|| {
            let folder = match answers {
                Answers::Folder(folder) => folder.as_path(),
                _ => root,
            };
            commit_time(folder)
        });
        Ok(Self {
            format,
            occasion: Occasion {
                began_ms: now_ms(),
                committed: committed.flatten(),
                variables,
                ..Occasion::default()
            },
        })
    }

    /// The report in its form.
    ///
    /// # Errors
    /// When it cannot be written in that form.
    pub(super) fn deliver(mut self, report: &Report, page: Page<'_>) -> Result<Delivery, Failure> {
        self.occasion.ended_ms = now_ms();
        let shown = concealed(report, page.course);
        let plain = Page {
            style: Style::plain(),
            ..page
        };
        let mut appended = Vec::new();
        let text = match self.format {
            Format::Terminal => terminal::render(report, page),
            Format::Json => json::render(report).map_err(unwritable)?,
            Format::Junit => junit::render(&shown).map_err(unwritable)?,
            Format::Classroom50 => {
                classroom50::render(&shown, &self.occasion).map_err(unwritable)?
            }
            Format::Gradescope => gradescope::render(&shown, plain).map_err(unwritable)?,
            Format::Prairielearn => prairielearn::render(&shown).map_err(unwritable)?,
            Format::Ctrf => ctrf::render(&shown, &self.occasion).map_err(unwritable)?,
            Format::Markdown => feedback::render(&shown, plain),
            Format::Github => {
                let result = format!("{GITHUB_RESULT}={}\n", github::result(&shown));
                let parts = [result, feedback::render(&shown, plain)];
                for (variable, part) in GITHUB_FILES.into_iter().zip(parts) {
                    let file = self.occasion.variable(variable);
                    if !file.is_empty() {
                        appended.push((PathBuf::from(file), part));
                    }
                }
                let token = token().map_err(|error| {
                    Failure::infrastructure(error).while_it("draw a token for the log")
                })?;
                github::log(&shown, &terminal::render(&shown, plain), &token)
            }
        };
        Ok(Delivery { text, appended })
    }
}

impl Delivery {
    /// Appends what goes to other files.
    ///
    /// # Errors
    /// When one of them cannot be written.
    pub(super) fn append(&self) -> Result<(), Failure> {
        for (file, text) in &self.appended {
            let appended = File::options().create(true).append(true).open(file);
            let appended = appended.and_then(|mut file| file.write_all(text.as_bytes()));
            appended.map_err(|error| {
                Failure::infrastructure(error).while_it(format!("write to {}", file.display()))
            })?;
        }
        Ok(())
    }
}

/// How a grading ends that took place. Platforms that collect points take every other code than 0 for a breakdown.
pub(super) fn exit(format: Format, report: &Report) -> Exit {
    match format {
        Format::Classroom50 | Format::Gradescope | Format::Prairielearn => Exit::Success,
        _ if report.points == report.max_points => Exit::Success,
        _ => Exit::PointsMissing,
    }
}

/// What a platform is told of a submission that cannot be graded, where it has a form for that.
pub(super) fn refusal(format: Format, reason: &str) -> Option<String> {
    match format {
        Format::Prairielearn => prairielearn::refusal(reason).ok(),
        _ => None,
    }
}

fn unwritable(error: impl Into<anyhow::Error>) -> Failure {
    Failure::infrastructure(error).while_it("write the report in this format")
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |it| i64::try_from(it.as_millis()).unwrap_or(i64::MAX))
}

/// When the folder's last commit was made, in seconds since 1970, where git knows.
///
/// The repository is somebody else's: `rev-list` runs no program that its configuration could name.
fn commit_time(folder: &Path) -> Option<i64> {
    let git = Command::new("git")
        .args(["rev-list", "--max-count=1", "--timestamp", "HEAD"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let said = std::str::from_utf8(&git.stdout).ok()?;
    said.split_whitespace().next()?.parse().ok()
}

/// 128 random bits: no program that was graded can know them.
fn token() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
