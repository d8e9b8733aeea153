//! Programs for attempts: those that are kept, and those that must be built.

use std::collections::HashMap;

use super::runs::Reference;
use super::{CacheUse, GradeError, Grader};
use crate::compile::{Author, Built, Source, Workshop};
use crate::course::ExerciseRef;
use crate::progress::{Progress, Silent};
use crate::sources::Sources;
use crate::work;

impl Grader<'_> {
    /// Removes the programs that are kept, but for the reference answers: who grades many submissions does not need those of the
    /// previous one again. What cannot be removed stays.
    ///
    /// # Errors
    /// When the grader's folder cannot be locked.
    pub fn forget_answers(&self) -> Result<(), GradeError> {
        let _lock = work::lock(&self.work, &Silent)?;
        let mut kept = Vec::new();
        for exercise in self.course.exercises() {
            if let Ok(text) = Sources::read(&exercise.solution_base(self.course), exercise) {
                kept.push(self.program_key(exercise, &text)?);
            }
        }
        Workshop::new(self.course, &self.work).forget_others(&kept);
        Ok(())
    }

    /// A source with the hash of everything that decides its program.
    pub(super) fn source<'s>(
        &self,
        exercise: ExerciseRef<'s>,
        text: &'s Sources,
        author: Author,
    ) -> Result<Source<'s>, GradeError> {
        Ok(Source {
            exercise,
            text,
            author,
            key: self.program_key(exercise, text)?,
        })
    }

    /// What became of every source, by its key: those that are kept as they are, the others built.
    pub(super) fn build(
        &self,
        sources: &[Source<'_>],
        progress: &dyn Progress,
    ) -> Result<HashMap<String, Built>, GradeError> {
        let workshop = Workshop::new(self.course, &self.work);
        let mut built = HashMap::new();
        let mut missing: Vec<Source<'_>> = Vec::new();
        for source in sources {
            if built.contains_key(&source.key) || missing.iter().any(|it| it.key == source.key) {
                continue;
            }
            match workshop.kept(source) {
                Some(program) if self.options.cache != CacheUse::BuildAgain => {
                    built.insert(source.key.clone(), Built::Program(program));
                }
                _ => missing.push(source.clone()),
            }
        }
        if !missing.is_empty() {
            let results = workshop.build(&missing, progress)?;
            built.extend(missing.into_iter().map(|source| source.key).zip(results));
        }
        Ok(built)
    }

    /// The reference program of an exercise, where it has drawn cases and the answer is there.
    pub(super) fn reference(
        &self,
        exercise: ExerciseRef<'_>,
        references: &HashMap<&str, Sources>,
        built: &HashMap<String, Built>,
    ) -> Result<Option<Reference>, GradeError> {
        let Some(text) = references.get(exercise.name()) else {
            return Ok(None);
        };
        let key = self.program_key(exercise, text)?;
        match built.get(&key) {
            Some(Built::Program(program)) => Ok(Some(Reference {
                program: program.clone(),
                key,
            })),
            Some(Built::Refused(said)) => Err(GradeError::Reference {
                exercise: exercise.name().to_owned(),
                fault: format!("it does not compile\n{said}"),
            }),
            None => Ok(None),
        }
    }
}
