//! Grading: everything that ends in a report.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::args::Format;
use super::exit::Exit;
use super::failure::Failure;
use super::platform::{self, Platform};
use super::progress::Bar;
use super::request::{Grade, Timings, command_names};
use super::screen::{Screen, tell};
use super::texts::texts;
use crate::course::{Course, ExerciseRef};
use crate::grade::{self, GradeError};
use crate::report::style::Style;
use crate::report::terminal::Page;
use crate::sandbox::interrupt;
use crate::submission::Answers;
use crate::version::Versions;

pub(super) fn run(course: &Course, request: &Grade, screen: &Screen) -> Result<Exit, Failure> {
    let selection = match &request.answers {
        // One file answers one exercise: a lab's name is not enough here.
        Answers::File { exercise, .. } => vec![find_exercise(course, exercise)?],
        _ => select(course, &request.names)?,
    };
    if let Some(mismatch) = Versions::read(&course.root).mismatch() {
        tell(&format!("note: {mismatch}"));
    }
    let platform = Platform::prepare(request.format, &request.answers, &course.root)?;
    interrupt::remember_requests();
    let bar = Bar::new(screen);
    let graded = grade::grade(course, &request.answers, &selection, &request.options, &bar);
    let report = match graded {
        Ok(report) => report,
        Err(error) => return refuse(error, request, screen),
    };
    bar.clear();
    let style = match request.output {
        Some(_) => Style::plain(),
        None => screen.stdout,
    };
    let texts = texts(course, &report);
    let page = Page {
        course,
        texts: &texts,
        subject: &request.subject(),
        style,
    };
    let delivery = platform.deliver(&report, page)?;
    delivery.append()?;
    let is_read_here = request.format == Format::Terminal && request.output.is_none();
    let text = if is_read_here && request.answers == Answers::Checkout {
        seen_from(
            &delivery.text,
            &std::env::current_dir().unwrap_or_default(),
            &course.root,
        )
    } else {
        delivery.text
    };
    put(&text, request, screen)?;
    if request.timings == Timings::Shown {
        tell(&bar.timings());
    }
    Ok(platform::exit(request.format, &report))
}

/// The compiler's places as the reader's terminal can open them: it knows the current folder, and the compiler the course's.
fn seen_from(text: &str, here: &Path, root: &Path) -> String {
    let below = here
        .strip_prefix(root)
        .map_or(0, |it| it.components().count());
    text.replace("--> labs/", &format!("--> {}labs/", "../".repeat(below)))
}

/// Tells a platform that a submission cannot be graded, where it has a form for that.
fn refuse(error: GradeError, request: &Grade, screen: &Screen) -> Result<Exit, Failure> {
    let failure = Failure::from(error);
    let told = match failure.exit {
        Exit::Submission => platform::refusal(request.format, &failure.render(Style::plain())),
        _ => None,
    };
    let Some(text) = told else {
        return Err(failure);
    };
    put(&text, request, screen)?;
    Ok(Exit::Success)
}

fn put(text: &str, request: &Grade, screen: &Screen) -> Result<(), Failure> {
    match &request.output {
        Some(file) => save(file, text),
        None => screen.print(text),
    }
}

/// The exercises that the names stand for.
pub(super) fn select<'a>(
    course: &'a Course,
    names: &[String],
) -> Result<Vec<ExerciseRef<'a>>, Failure> {
    course.select(names).map_err(|unknown| {
        let commands = command_names();
        let known = commands.iter().map(String::as_str);
        let command = crate::course::nearest(&unknown.name, known).map(str::to_owned);
        let failure = Failure::from(unknown);
        match command {
            Some(name) => failure.hint(format!("there is a command `cargo grade {name}`")),
            None => failure,
        }
    })
}

/// The exercise of this name. The name of a lab is a slip that deserves its own words.
pub(super) fn find_exercise<'a>(
    course: &'a Course,
    name: &str,
) -> Result<ExerciseRef<'a>, Failure> {
    course.exercise(name).map_err(|unknown| {
        let lab = course
            .labs
            .iter()
            .find(|lab| lab.folder == name || lab.package == name);
        let Some(lab) = lab else {
            return Failure::from(unknown);
        };
        let names: Vec<&str> = lab
            .exercises()
            .map(|it| it.exercise.name.as_ref().as_str())
            .collect();
        Failure::usage(anyhow::anyhow!(
            "`{name}` is a lab, and this needs one exercise"
        ))
        .while_it("find what was asked for")
        .hint(format!("its exercises are: {}", names.join(", ")))
    })
}

/// Writes a report to a file, all of it or nothing: what was there before stays if the disk is full.
pub(super) fn save(file: &Path, text: &str) -> Result<(), Failure> {
    write_whole(file, text).map_err(|error| {
        Failure::infrastructure(error).while_it(format!("write the report to {}", file.display()))
    })
}

fn write_whole(file: &Path, text: &str) -> io::Result<()> {
    // Through a link to what it leads to; and a device or a pipe is written to, not replaced.
    let target = fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    if target.exists() && !target.is_file() {
        return fs::write(&target, text);
    }
    let folder = target.parent().filter(|it| !it.as_os_str().is_empty());
    let mut temporary = tempfile::Builder::new()
        .prefix(".report-")
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    temporary.write_all(text.as_bytes())?;
    temporary.persist(&target)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_replaces_a_file_and_writes_through_links() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a"), folder.path().join("b"));
        write_whole(&file, "one").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_whole(&link, "two").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        assert!(link.is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_terminal_can_open_what_the_compiler_names() {
        let text = "  --> labs/00-start/src/bin/x.rs:3:4\n";
        let from = |here: &str| seen_from(text, Path::new(here), Path::new("/course"));
        assert_eq!(from("/course"), text);
        assert_eq!(
            from("/course/labs/00-start"),
            "  --> ../../labs/00-start/src/bin/x.rs:3:4\n"
        );
        assert_eq!(from("/elsewhere"), text);
    }

    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        write_whole(Path::new("/dev/null"), "text").unwrap();
        assert!(!Path::new("/dev/null").is_file());
        let error = write_whole(Path::new("/dev/full"), "text").unwrap_err();
        assert_eq!(error.raw_os_error(), Some(nix::libc::ENOSPC));
    }
}
