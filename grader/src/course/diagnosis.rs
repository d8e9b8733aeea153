//! Texts of diagnoses: Markdown files, in a lab or shared by all.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// How the picture of a run shows the mistake. A page without it still helps a student, so only a test demands it.
const TIMELINE: &str = "In the timeline";

/// The first steps to the cure; reports quote them.
const CURE: &str = "What to do";

/// What a student can read about one kind of mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// Its stable, kebab-case name.
    pub name: String,
    /// What is wrong, as a sentence.
    pub title: String,
    /// What the mistake is and why it matters.
    pub summary: String,
    /// The first steps to the cure.
    pub cure: String,
    /// The whole text.
    pub markdown: String,
}

/// Why the text of a diagnosis could not be had.
#[derive(Debug, thiserror::Error)]
pub enum DiagnosisError {
    /// Nobody wrote it.
    #[error("no diagnosis is called `{name}`")]
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// Its file cannot be read.
    #[error("read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Its file lacks a part.
    #[error("understand {path}: {fault}")]
    Faulty {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        fault: String,
    },
}

/// Sections of a diagnosis, in this order.
const SECTIONS: [&str; 5] = [
    "What happens",
    TIMELINE,
    CURE,
    "Wrong and right",
    "Look it up",
];

pub(super) fn read(
    own: Option<&Path>,
    shared: &Path,
    name: &str,
) -> Result<Diagnosis, DiagnosisError> {
    let unknown = || DiagnosisError::Unknown {
        name: name.to_owned(),
    };
    if !super::is_kebab_case(name) {
        return Err(unknown());
    }
    for folder in own.into_iter().chain([shared]) {
        let path = folder.join(format!("{name}.md"));
        match fs::read_to_string(&path) {
            Ok(markdown) => {
                return parse(name, &markdown)
                    .map_err(|fault| DiagnosisError::Faulty { path, fault });
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(DiagnosisError::Read { path, source }),
        }
    }
    Err(unknown())
}

pub(super) fn names(folders: impl Iterator<Item = PathBuf>) -> Vec<String> {
    let files = folders.filter_map(|folder| fs::read_dir(folder).ok());
    let names: BTreeSet<String> = files
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|file| file.strip_suffix(".md").map(str::to_owned))
        .collect();
    names.into_iter().collect()
}

fn parse(name: &str, markdown: &str) -> Result<Diagnosis, String> {
    let (title, rest) = markdown
        .strip_prefix("# ")
        .and_then(|text| text.split_once('\n'))
        .ok_or("it must begin with `# ` and a title")?;
    let (summary, sections) = rest.split_once("\n## ").ok_or("it has no sections")?;
    let sections: Vec<(&str, &str)> = sections
        .split("\n## ")
        .map(|section| section.split_once('\n').unwrap_or((section, "")))
        .collect();
    let headings: Vec<&str> = sections.iter().map(|(heading, _)| heading.trim()).collect();
    let has_timeline = headings.contains(&TIMELINE);
    let wanted = SECTIONS
        .into_iter()
        .filter(|it| has_timeline || *it != TIMELINE);
    if !wanted.eq(headings.iter().copied()) {
        return Err(format!("its sections must be: {}", SECTIONS.join(", ")));
    }
    if let Some((heading, _)) = sections.iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(format!("the section `{heading}` is empty"));
    }
    let cure = sections.iter().find(|(heading, _)| heading.trim() == CURE);
    Ok(Diagnosis {
        name: name.to_owned(),
        title: title.trim().to_owned(),
        summary: summary.trim().to_owned(),
        cure: cure.map_or("", |(_, text)| text.trim()).to_owned(),
        markdown: markdown.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Title\n\nSummary.\n\n## What happens\n\nThis.\n\n## What to do\n\nThat.\n\n## Wrong and right\n\nx\n\n## Look it up\n\nfork(2)\n";

    #[test]
    fn a_diagnosis_has_title_summary_and_cure() {
        let diagnosis = parse("x", TEXT).unwrap();
        assert_eq!(diagnosis.title, "Title");
        assert_eq!(diagnosis.summary, "Summary.");
        assert_eq!(diagnosis.cure, "That.");
    }

    #[test]
    fn how_the_timeline_shows_it_stands_before_the_cure() {
        let section = "## In the timeline\n\nThere.\n\n";
        let before = TEXT.replace("## What to do", &format!("{section}## What to do"));
        assert_eq!(parse("x", &before).unwrap().cure, "That.");
        let behind = TEXT.replace("## Wrong", &format!("{section}## Wrong"));
        parse("x", &behind).unwrap_err();
    }

    #[test]
    fn a_missing_section_is_named() {
        let fault = parse("x", &TEXT.replace("## What to do", "## Advice")).unwrap_err();
        assert!(fault.contains("What to do"), "{fault}");
    }
}
