//! Making or updating a student's copy, and saying what came of it.

use std::path::Path;

use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;
use crate::course::Course;
use crate::export::{self, ExportError, Exported};
use crate::grade::quoted;

pub(super) fn run(course: &Course, dir: &Path, screen: &Screen) -> Result<Exit, Failure> {
    let exported = export::export(course, dir).map_err(failure)?;
    screen.print(&told(dir, &exported))?;
    Ok(Exit::Success)
}

fn told(dir: &Path, exported: &Exported) -> String {
    let dir = dir.display();
    let Exported {
        files,
        written,
        removed,
        ..
    } = exported;
    let mut text = if exported.is_update {
        format!(
            "{dir} is up to date: {files} files of the course, of which {written} were written and {removed} old ones removed\n"
        )
    } else {
        format!(
            "{dir} is a student's copy of the course: {files} files, no reference answers, no hidden cases\n\
             to look at it as a student does:\n  cd {} && cargo grade\n",
            quoted(&dir.to_string())
        )
    };
    for (file, backup) in &exported.kept {
        let (file, backup) = (file.display(), backup.display());
        text.push_str(&format!(
            "{file} had been changed there: what it was is in {backup}\n"
        ));
    }
    for answer in &exported.stale_answers {
        let answer = answer.display();
        text.push_str(&format!(
            "{answer} was left as it is; its original is another one now (`cargo grade reset` puts it there)\n"
        ));
    }
    text
}

fn failure(error: ExportError) -> Failure {
    match &error {
        ExportError::Occupied { .. } => Failure::usage(error).hint(
            "choose an empty folder, or one that an export has made: only there it is known what a student wrote",
        ),
        ExportError::Inside { .. } => {
            Failure::usage(error).hint("choose a folder outside of the checkout, such as ../student")
        }
        ExportError::Hidden { .. } => Failure::usage(error),
        ExportError::Course(_) | ExportError::Read { .. } | ExportError::Write { .. } => {
            Failure::infrastructure(error).while_it("make the student's copy")
        }
    }
}
