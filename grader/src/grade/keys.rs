//! Keys: hashes of everything that decides a program, or a verdict.

use std::fs;
use std::sync::{Arc, PoisonError};

use super::{Attempt, GradeError, Grader};
use crate::cache::{self, Key};
use crate::course::{CourseError, ExerciseRef, Lab};
use crate::sources::Sources;

#[derive(Debug)]
pub(super) struct LabHashes {
    /// What decides a program, besides its source.
    program: String,
    /// What decides a verdict, besides the program and the arguments.
    verdict: String,
}

impl Grader<'_> {
    /// The hashes of a lab. Its files are read once: what changes while a grader is at work is the next one's.
    fn lab_hashes(&self, lab: &Lab) -> Result<Arc<LabHashes>, GradeError> {
        let mut labs = self.labs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hashes) = labs.get(&lab.folder) {
            return Ok(Arc::clone(hashes));
        }
        let program = Key::of("program/1")
            .with(&self.tools)
            .with(&self.lock_bytes)
            .with(cache::lab_hash(lab)?)
            .name();
        let path = lab.path.join("lab.toml");
        let description = fs::read(&path)
            .map_err(|source| GradeError::Course(CourseError::Read { path, source }))?;
        let verdict = Key::of("verdict/1").with(&program).with(description).name();
        let hashes = Arc::new(LabHashes { program, verdict });
        labs.insert(lab.folder.clone(), Arc::clone(&hashes));
        Ok(hashes)
    }

    pub(super) fn program_key(
        &self,
        exercise: ExerciseRef<'_>,
        source: &Sources,
    ) -> Result<String, GradeError> {
        let mut key = Key::of("source/2")
            .with(&self.lab_hashes(exercise.lab)?.program)
            .with(exercise.program());
        for (path, text) in source.files() {
            key = key.with(path.as_os_str().as_encoded_bytes()).with(text);
        }
        Ok(key.name())
    }

    pub(super) fn verdict_key(
        &self,
        attempt: &Attempt<'_>,
        reference: Option<&Sources>,
    ) -> Result<String, GradeError> {
        let exercise = attempt.exercise;
        let reference = reference.map(|it| self.program_key(exercise, it));
        let mut key = Key::of("attempt/2")
            .with(&self.lab_hashes(exercise.lab)?.verdict)
            .with(exercise.name())
            .with(self.program_key(exercise, &attempt.source)?)
            .with(&self.options.seed)
            .with([u8::from(self.has_references)])
            .with(reference.transpose()?.unwrap_or_default());
        for case in &exercise.exercise.cases {
            if case.has_snapshot() {
                key = key.with(exercise.snapshot(case)?);
            }
        }
        Ok(key.name())
    }
}
