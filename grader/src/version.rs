//! Which grader this is, and which one the course was made for: a grader that was built elsewhere can be another one.

use std::fs;
use std::path::Path;

use serde::Deserialize;

/// The version of this grader.
pub const GRADER: &str = env!("CARGO_PKG_VERSION");

/// What a checkout says of itself. What it does not say is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versions {
    /// The course's version: `workspace.metadata.course.version` in its `Cargo.toml`.
    pub course: Option<String>,
    /// The version of the grader that belongs to it: its own, in `grader/`.
    pub wanted: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Manifest {
    package: Versioned,
    workspace: Workspace,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Workspace {
    metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    course: Versioned,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Versioned {
    version: Option<String>,
}

impl Versions {
    /// Reads what the checkout in `root` says.
    #[must_use]
    pub fn read(root: &Path) -> Self {
        Self {
            course: manifest(&root.join("Cargo.toml"))
                .workspace
                .metadata
                .course
                .version,
            wanted: manifest(&root.join("grader/Cargo.toml")).package.version,
        }
    }

    /// What is wrong with this grader for that course, and what to do; `None` where nothing is.
    #[must_use]
    pub fn mismatch(&self) -> Option<String> {
        let wanted = self.wanted.as_ref().filter(|it| *it != GRADER)?;
        Some(format!(
            "this grader is {GRADER}, and the course was made for {wanted}: points can differ; `cargo grade` in the checkout builds and uses the right one"
        ))
    }
}

/// A manifest that cannot be read says nothing; cargo is the one to complain about it.
fn manifest(path: &Path) -> Manifest {
    let text = fs::read_to_string(path).unwrap_or_default();
    toml::from_str(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(course: &str, grader: &str, expected: (Option<&str>, Option<&str>, bool)) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("grader")).unwrap();
        fs::write(folder.path().join("Cargo.toml"), course).unwrap();
        fs::write(folder.path().join("grader/Cargo.toml"), grader).unwrap();
        let versions = Versions::read(folder.path());
        let seen = (
            versions.course.as_deref(),
            versions.wanted.as_deref(),
            versions.mismatch().is_some(),
        );
        assert_eq!(seen, expected);
    }

    #[test]
    fn another_grader_is_told_from_the_course_s_own() {
        let course = "[workspace]\nmembers = []\n[workspace.metadata.course]\nversion = \"2.3\"\n";
        let grader =
            |version: &str| format!("[package]\nname = \"grader\"\nversion = \"{version}\"\n");
        let (own, other) = (grader(GRADER), grader("99.0.0"));
        check(course, &own, (Some("2.3"), Some(GRADER), false));
        check(course, &other, (Some("2.3"), Some("99.0.0"), true));
        check("[workspace]\n", "", (None, None, false));
        check("nonsense", "nonsense", (None, None, false));
    }
}
