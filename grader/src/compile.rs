//! Compilation: sources become programs, by one `cargo build` for all that can be built together.
//!
//! A source that does not compile costs its own exercise only. A program is kept under the hash of all that it was made
//! from, so the same source is never built twice.
//!
//! # Layout, in the order in which to read it
//!
//! - `tools`: the toolchain and its environment.
//! - `cargo`: cargo's commands. `outcome`: what one build made.
//! - `target`: the folder in which cargo builds. `kept`: the programs that stay.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::course::{Course, ExerciseRef};
use crate::overlay::{Overlay, OverlayError};
use crate::progress::{Progress, Stage};
use crate::sources::Sources;

mod tools;

mod cargo;
mod outcome;

mod kept;
mod target;

pub(crate) use tools::Tools;

use kept::Kept;
use target::Target;

/// One source to build.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// The exercise that it answers.
    pub exercise: ExerciseRef<'a>,
    /// Its text.
    pub text: &'a Sources,
    /// Who wrote it.
    pub author: Author,
    /// The hash of everything that decides what the program is.
    pub key: String,
}

/// Who wrote a source. A compiler can read what lies beside its source: no student's is built together with the course's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Author {
    /// The author of a submission.
    Student,
    /// The author of the course: a reference answer.
    Course,
}

/// What became of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Built {
    /// The program's file.
    Program(PathBuf),
    /// It does not compile; the compiler's own message.
    Refused(String),
}

/// Why nothing could be built.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The copy of the course could not be written.
    #[error(transparent)]
    Overlay(#[from] OverlayError),
    /// Cargo cannot be started.
    #[error(
        "start cargo: {source} (is Rust installed, and `cargo` on the PATH? see https://rustup.rs)"
    )]
    NoCargo {
        /// What the system said.
        source: io::Error,
    },
    /// The packages that the labs need are not there and cannot be had.
    #[error("get the packages that the labs need (the first time needs a network)\n{said}")]
    Packages {
        /// What cargo said.
        said: String,
    },
    /// A lab's own library does not compile.
    #[error("compile the harness of `{package}`\n{said}")]
    Harness {
        /// The lab's package.
        package: String,
        /// What the compiler said.
        said: String,
    },
    /// The compiler or the linker could not work.
    #[error("build the answers, and not because of an answer (is the disk full?)\n{said}")]
    Machine {
        /// What they said.
        said: String,
    },
    /// Cargo failed for another reason.
    #[error("build the answers\n{said}")]
    Cargo {
        /// What cargo said.
        said: String,
    },
    /// A built program cannot be kept.
    #[error("write {path} (is the disk full?)")]
    Keep {
        /// Where it would be kept.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Somebody asked the grader to end.
    #[error("finish: interrupted")]
    Interrupted,
}

/// Where programs are built and kept.
#[derive(Debug)]
pub struct Workshop<'a> {
    course: &'a Course,
    folder: PathBuf,
    kept: Kept,
    target: Target,
}

impl<'a> Workshop<'a> {
    /// A workshop in the grader's folder.
    #[must_use]
    pub fn new(course: &'a Course, folder: &Path) -> Self {
        Self {
            course,
            folder: folder.to_path_buf(),
            kept: Kept::new(folder),
            target: Target::new(folder),
        }
    }

    /// The program of this key, if it was built before.
    #[must_use]
    pub fn kept(&self, source: &Source<'_>) -> Option<PathBuf> {
        self.kept.get(source)
    }

    /// Removes all programs whose keys are not among these. What cannot be removed stays.
    pub fn forget_others(&self, keys: &[String]) {
        self.kept.forget_others(keys);
    }

    /// Builds the sources, and returns what became of each, in their order. Of several sources for one program, each is
    /// built in a round of its own, and so are those of the course.
    ///
    /// # Errors
    /// When cargo cannot do its work; never because of a source.
    pub fn build(
        &self,
        sources: &[Source<'_>],
        progress: &dyn Progress,
    ) -> Result<Vec<Built>, CompileError> {
        let labs = sources.iter().map(|it| it.exercise.lab.folder.as_str());
        let root = self.folder.join("course");
        let overlay = Overlay::prepare(self.course, &root, &labs.collect())?;
        cargo::fetch(&overlay, &self.folder, progress)?;
        progress.begin(Stage::Compiling, sources.len());
        let built = self.build_in_rounds(&overlay, sources, progress);
        progress.end();
        self.kept.forget_oldest();
        built
    }

    fn build_in_rounds(
        &self,
        overlay: &Overlay,
        sources: &[Source<'_>],
        progress: &dyn Progress,
    ) -> Result<Vec<Built>, CompileError> {
        self.target.forget_programs(self.course);
        let mut results: Vec<Option<Built>> = sources.iter().map(|_| None).collect();
        let kinds = sources.iter().map(|it| (it.author, it.exercise.program()));
        for round in rounds(kinds) {
            let laid: Vec<_> = round
                .iter()
                .map(|index| (sources[*index].exercise, sources[*index].text))
                .collect();
            overlay.lay_over(self.course, &laid)?;
            let mut outcome = cargo::build(overlay, &self.folder, &self.target, progress)?;
            for index in round {
                let source = &sources[index];
                let name = source.exercise.program();
                results[index] = Some(match outcome.programs.remove(name) {
                    Some(program) => Built::Program(self.kept.put(source, &program)?),
                    None => match outcome.errors.remove(name) {
                        Some(said) => Built::Refused(said),
                        None => Built::Refused(outcome.crash(name).ok_or_else(|| {
                            CompileError::Cargo {
                                said: outcome.stderr.clone(),
                            }
                        })?),
                    },
                });
            }
        }
        Ok(results.into_iter().flatten().collect())
    }
}

/// The places of the sources in rounds, each with at most one source for a program, and of one author.
fn rounds<'n>(sources: impl Iterator<Item = (Author, &'n str)>) -> Vec<Vec<usize>> {
    let mut rounds: BTreeMap<(Author, usize), Vec<usize>> = BTreeMap::new();
    let mut so_far: BTreeMap<(Author, &str), usize> = BTreeMap::new();
    for (index, (author, name)) in sources.enumerate() {
        let round = so_far.entry((author, name)).or_default();
        rounds.entry((author, *round)).or_default().push(index);
        *round += 1;
    }
    rounds.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_is_built_beside_a_reference_answer() {
        use Author::{Course, Student};
        let sources = [
            (Student, "a"),
            (Course, "b"),
            (Student, "c"),
            (Student, "a"),
            (Course, "a"),
        ];
        let rounds = rounds(sources.into_iter());
        assert_eq!(rounds, [vec![0, 2], vec![3], vec![1, 4]]);
    }
}
