//! Which files answers are made of: a file of an exercise, or a file of a program that several exercises share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use grader::course::{Course, ExerciseRef};
use grader::sources::{MOST_FILES, Sources};
use grader::submission::{Answer, Text};

use super::{TakeError, Taken, machine};

/// A file that an answer may have: the lab, and the path below `src/bin`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    /// The lab's folder.
    lab: String,
    path: PathBuf,
}

impl Slot {
    /// The file of an exercise.
    fn of(exercise: ExerciseRef<'_>) -> Self {
        Self {
            lab: exercise.lab.folder.clone(),
            path: exercise.file().into(),
        }
    }

    /// The file that a path means: one with the name of an exercise, or one in the folder of a program. Platforms put `-1` behind the
    /// name of a file that was handed in again.
    pub(super) fn called(course: &Course, path: &str) -> Option<Self> {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let stem = name.strip_suffix(".rs")?;
        let folder = folders.rsplit('/').next().unwrap_or_default();
        let program = course.exercises().find(|it| it.folder() == Some(folder));
        if let Some(exercise) = program {
            return Some(Self {
                lab: exercise.lab.folder.clone(),
                path: Path::new(folder).join(name),
            });
        }
        let exercise = course.exercise(stem).ok().or_else(|| {
            let (stem, number) = stem.rsplit_once('-')?;
            number.parse::<u32>().ok()?;
            course.exercise(stem).ok()
        });
        exercise.map(Self::of)
    }

    /// Where the course has it.
    pub(super) fn place(&self) -> String {
        format!("labs/{}/src/bin/{}", self.lab, self.path.display())
    }
}

/// The texts that were taken, of which answers are made.
#[derive(Debug, Default)]
pub(super) struct Parts(BTreeMap<Slot, Text>);

impl Parts {
    /// A text beside what is there: two for one file are none.
    pub(super) fn put(&mut self, slot: Slot, text: Text) {
        let text = match self.0.remove(&slot) {
            Some(before) if before != text => Text::Refused {
                reason: "the file is there twice, with different texts; hand in one".to_owned(),
            },
            _ => text,
        };
        self.0.insert(slot, text);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The answers: to each exercise whose own file is there.
    pub(super) fn answers(&self, course: &Course) -> Result<Taken, TakeError> {
        let mut taken = Taken::default();
        for exercise in course.exercises() {
            if let Some(own) = self.0.get(&Slot::of(exercise)) {
                let answer = self.answer(exercise, own)?;
                taken.answers.insert(exercise.name().to_owned(), answer);
            }
        }
        Ok(taken)
    }

    fn answer(&self, exercise: ExerciseRef<'_>, own: &Text) -> Result<Answer, TakeError> {
        let Some(folder) = exercise.folder() else {
            return Ok(answer_of(Sources::default(), exercise.file().into(), own));
        };
        // What was not handed in of a program is as it was at the beginning.
        let stubs = exercise.stubs_path();
        let mut sources = Sources::read(&stubs, exercise).map_err(|it| machine(&stubs, it))?;
        let own_slots =
            |slot: &Slot| slot.lab == exercise.lab.folder && slot.path.starts_with(folder);
        for (slot, text) in self.0.iter().filter(|(slot, _)| own_slots(slot)) {
            match answer_of(sources, slot.path.clone(), text) {
                Answer::Source(more) => sources = more,
                other => return Ok(other),
            }
        }
        if sources.files().count() > MOST_FILES {
            return Ok(Answer::Refused {
                reason: format!("there are more than {MOST_FILES} files in {folder}"),
            });
        }
        Ok(Answer::Source(sources))
    }
}

/// The program with this text in it, too.
fn answer_of(sources: Sources, path: PathBuf, text: &Text) -> Answer {
    match text {
        Text::Taken(text) => Answer::Source(sources.with(path, text.clone())),
        Text::Missing => Answer::Missing,
        Text::Refused { reason } => Answer::Refused {
            reason: reason.clone(),
        },
    }
}
