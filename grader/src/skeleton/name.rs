//! Names of labs and exercises: which can be used, and what else is called after them.

use std::fs;

use super::SkeletonError;
use crate::course::{Course, Lab, is_kebab_case};

/// Words that cannot be a module's or a program's name: Rust's own, and what cargo keeps for its folders.
const RESERVED: [&str; 57] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "lib",
    "loop",
    "macro",
    "main",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "unsafe",
    "use",
    "while",
    "yield",
];

/// What a skeleton is called, throughout.
#[derive(Debug)]
pub(super) struct Names {
    /// The lab's folder: `14-sockets`.
    pub(super) folder: String,
    /// The lab's package: `sockets`.
    pub(super) package: String,
    /// The lab's title: `Sockets`.
    pub(super) title: String,
    /// The exercise: `hello-sockets`.
    pub(super) exercise: String,
}

impl Names {
    /// Names for a lab that is not there yet.
    pub(super) fn of_lab(
        course: &Course,
        commands: &[String],
        folder: &str,
        exercise: &str,
    ) -> Result<Self, SkeletonError> {
        let fault = |fault: String| {
            let name = folder.to_owned();
            Err(SkeletonError::Name { name, fault })
        };
        let is_number = |it: &str| it.len() == 2 && it.bytes().all(|digit| digit.is_ascii_digit());
        let Some((number, package)) = folder.split_once('-').filter(|(it, _)| is_number(it)) else {
            return fault(
                "a lab is called by two digits and its topic, such as `14-sockets`".into(),
            );
        };
        if let Some(problem) = problem_with(package, commands) {
            return fault(problem);
        }
        for lab in &course.labs {
            if lab.folder.split('-').next() == Some(number) {
                return fault(format!("{number} is the number of the lab {}", lab.folder));
            }
            if lab.package == package {
                return fault(format!(
                    "`{package}` is the topic of the lab {}",
                    lab.folder
                ));
            }
        }
        if is_locked(course, package) {
            return fault(format!(
                "`{package}` is the name of a package that the course uses"
            ));
        }
        if package == exercise || course.exercise(package).is_ok() {
            return fault(format!("`{package}` is the name of an exercise"));
        }
        let title = package.replace('-', " ");
        let names = Self {
            folder: folder.to_owned(),
            package: package.to_owned(),
            title: title[..1].to_uppercase() + &title[1..],
            exercise: exercise.to_owned(),
        };
        names.refuse_exercise(course, commands)?;
        Ok(names)
    }

    /// Names for an exercise of a lab that is there.
    pub(super) fn of_exercise(
        course: &Course,
        commands: &[String],
        lab: &Lab,
        exercise: &str,
    ) -> Result<Self, SkeletonError> {
        let names = Self {
            folder: lab.folder.clone(),
            package: lab.package.clone(),
            title: lab.description.title.clone(),
            exercise: exercise.to_owned(),
        };
        names.refuse_exercise(course, commands)?;
        Ok(names)
    }

    fn refuse_exercise(&self, course: &Course, commands: &[String]) -> Result<(), SkeletonError> {
        let name = &self.exercise;
        let other = course.exercise(name).ok();
        let taken = || {
            let mut labs = course.labs.iter();
            labs.any(|lab| lab.folder == *name || lab.package == *name)
        };
        let fault = if let Some(problem) = problem_with(name, commands) {
            problem
        } else if let Some(other) = other {
            format!("the lab {} has an exercise of this name", other.lab.folder)
        } else if taken() {
            "it is the name of a lab".to_owned()
        } else {
            return Ok(());
        };
        Err(SkeletonError::Name {
            name: name.clone(),
            fault,
        })
    }

    /// The exercise's module: `hello_sockets`.
    pub(super) fn module(&self) -> String {
        self.exercise.replace('-', "_")
    }

    /// A template with these names in their places.
    pub(super) fn fill(&self, template: &str) -> String {
        let number = self.folder.split('-').next().unwrap_or_default();
        template
            .replace("THE_FOLDER", &self.folder)
            .replace("THE_NUMBER", number)
            .replace("THE_TITLE", &self.title)
            .replace("the-topic", &self.package)
            .replace("the_topic", &self.package.replace('-', "_"))
            .replace("the-exercise", &self.exercise)
            .replace("the_exercise", &self.module())
    }
}

/// What is wrong with a topic or an exercise's name, whatever else there is.
fn problem_with(name: &str, commands: &[String]) -> Option<String> {
    if !is_kebab_case(name) || !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Some("a name is of small letters and digits, in words that are joined by hyphens, and begins with a letter, such as `echo-server`".to_owned());
    }
    if RESERVED.contains(&name) {
        return Some("Rust or cargo keep this word for themselves".to_owned());
    }
    if commands.iter().any(|command| command == name) {
        return Some(format!("it is a command: `cargo grade {name}` means that"));
    }
    None
}

/// Whether a package of this name is in the course's lock file: its own, or one that it uses.
fn is_locked(course: &Course, package: &str) -> bool {
    let line = format!("name = \"{package}\"");
    let has_it = |path| {
        let text = fs::read_to_string(course.root.join(path)).unwrap_or_default();
        text.lines().any(|it| it == line)
    };
    has_it("Cargo.lock") || has_it("solutions/Cargo.lock")
}
