//! A class that nobody has taken: submissions drawn from a seed, with the points that each must get.
//!
//! Every file is made unique by a comment, so that no grader can answer from memory. The same seed makes the same class.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use grader::cache::Key;
use grader::course::{Course, ExerciseRef};

use super::table::{FULL, HOSTILE, LAB, MISTAKES};

/// What a made student must get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    /// The student's key.
    pub(crate) id: String,
    /// The points of each exercise, in course order.
    pub(crate) points: Vec<u32>,
    /// Whether the submission as a whole must be refused.
    pub(crate) is_refused: bool,
}

/// How a submission is packed.
const FORMS: [&str; 5] = ["folder", "inner-folder", "zip", "tar.gz", "loose"];

/// Numbers drawn from a seed and a place, so that no order has a part in them.
struct Dice<'a>(&'a str);

impl Dice<'_> {
    fn draw(&self, place: &str, below: usize) -> usize {
        let name = Key::of("made/1").with(self.0).with(place).name();
        let number = u64::from_str_radix(&name[..12], 16).unwrap_or(0);
        usize::try_from(number).unwrap_or(0) % below
    }
}

/// The exercises of the made class.
pub(crate) fn exercises(course: &Course) -> Vec<ExerciseRef<'_>> {
    course
        .exercises()
        .filter(|it| it.lab.folder == LAB)
        .collect()
}

/// Makes a class of so many students in a folder.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn make(
    course: &Course,
    folder: &Path,
    seed: &str,
    students: usize,
) -> anyhow::Result<Vec<Made>> {
    let dice = Dice(seed);
    fs::create_dir_all(folder)?;
    let mut made = Vec::new();
    for number in 0..students {
        let id = format!("student-{number:04}");
        // One in forty hands in something that no archive should be.
        if dice.draw(&format!("{id}/hostile"), 40) == 0 {
            hostile_archive(&folder.join(format!("{id}.tar.gz")), dice.draw(&id, 3))?;
            made.push(Made {
                id,
                points: vec![0; exercises(course).len()],
                is_refused: true,
            });
            continue;
        }
        let mut files = BTreeMap::new();
        let mut points = Vec::new();
        for exercise in exercises(course) {
            let (text, worth) = answer(course, exercise, &dice, &id)?;
            points.push(worth);
            if let Some(text) = text {
                let unique = format!("{text}\n// {seed}, {id}, {}\n", exercise.name());
                files.insert(exercise.relative_path().display().to_string(), unique);
            }
        }
        let form = FORMS[dice.draw(&format!("{id}/form"), FORMS.len())];
        pack(folder, &id, form, &files)?;
        made.push(Made {
            id,
            points,
            is_refused: files.is_empty(),
        });
    }
    Ok(made)
}

/// An answer and its points; `None` where nothing is handed in.
fn answer(
    course: &Course,
    exercise: ExerciseRef<'_>,
    dice: &Dice<'_>,
    id: &str,
) -> anyhow::Result<(Option<String>, u32)> {
    let name = exercise.name();
    let place = |what: &str| format!("{id}/{name}/{what}");
    let solutions = exercise.solutions_folder(course);
    let reference = fs::read_to_string(exercise.solution_path(course))?;
    Ok(match dice.draw(&place("kind"), 100) {
        0..35 => (Some(reference), FULL),
        35..50 => {
            let mut variants: Vec<_> = fs::read_dir(solutions.join("variants").join(name))?
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .map(|entry| entry.path())
                .collect();
            variants.sort();
            let variant = &variants[dice.draw(&place("variant"), variants.len())];
            (Some(fs::read_to_string(variant)?), FULL)
        }
        50..78 => {
            let own: Vec<_> = MISTAKES.iter().filter(|it| it.exercise == name).collect();
            let mistake = own[dice.draw(&place("mistake"), own.len())];
            let file = format!("mistakes/{name}/{}.rs", mistake.name);
            (
                Some(fs::read_to_string(solutions.join(file))?),
                mistake.points,
            )
        }
        78..88 => (Some(fs::read_to_string(exercise.stub_path())?), 0),
        88..95 => {
            // One type is wrong, somewhere.
            let broken = format!("{reference}\nconst BROKEN: u8 = \"{id}\";\n");
            (Some(broken), 0)
        }
        95..97 => {
            let (_, text) = HOSTILE[dice.draw(&place("hostile"), HOSTILE.len())];
            (Some(text.to_owned()), 0)
        }
        _ => (None, 0),
    })
}

fn pack(
    folder: &Path,
    id: &str,
    form: &str,
    files: &BTreeMap<String, String>,
) -> anyhow::Result<()> {
    match form {
        "zip" => {
            let mut writer = zip::ZipWriter::new(File::create(folder.join(format!("{id}.zip")))?);
            for (path, text) in files {
                writer.start_file(
                    format!("work/{path}"),
                    zip::write::SimpleFileOptions::default(),
                )?;
                writer.write_all(text.as_bytes())?;
            }
            writer.finish()?;
        }
        "tar.gz" => {
            let file = File::create(folder.join(format!("{id}.tar.gz")))?;
            let mut builder = tar::Builder::new(GzEncoder::new(file, Compression::fast()));
            for (path, text) in files {
                let mut header = tar::Header::new_gnu();
                header.set_size(text.len() as u64);
                header.set_mode(0o644);
                builder.append_data(&mut header, path, text.as_bytes())?;
            }
            builder.into_inner()?.finish()?;
        }
        _ => {
            let root = match form {
                "inner-folder" => folder.join(id).join("forklings-main"),
                _ => folder.join(id),
            };
            fs::create_dir_all(&root)?;
            for (path, text) in files {
                let path = match form {
                    "loose" => root.join(Path::new(path).file_name().unwrap_or_default()),
                    _ => root.join(path),
                };
                if let Some(parent) = path.parent() {
                    fs::create_dir_all(parent)?;
                }
                fs::write(path, text)?;
            }
        }
    }
    Ok(())
}

/// A path that leads out, 60,000 files, or 1.1 GB in a megabyte.
fn hostile_archive(path: &Path, kind: usize) -> anyhow::Result<()> {
    let mut encoder = GzEncoder::new(File::create(path)?, Compression::fast());
    let header = |name: &[u8], size: u64| -> anyhow::Result<tar::Header> {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_size(size);
        header.set_mode(0o644);
        header.set_cksum();
        Ok(header)
    };
    match kind {
        0 => encoder
            .write_all(header(b"../../labs/02-pipes/src/bin/hello-pipe.rs", 0)?.as_bytes())?,
        1 => {
            for number in 0..60_000 {
                encoder.write_all(header(format!("f{number}").as_bytes(), 0)?.as_bytes())?;
            }
        }
        _ => {
            let part = vec![0; 1 << 20];
            encoder.write_all(header(b"bomb", 1100 << 20)?.as_bytes())?;
            for _ in 0..1100 {
                encoder.write_all(&part)?;
            }
        }
    }
    encoder.finish()?;
    Ok(())
}

/// What must be in the gradebook's columns `id,status,points` and in those of the exercises.
pub(crate) fn expected(made: &[Made]) -> String {
    let lines = made.iter().map(|it| {
        let status = if it.is_refused { "refused" } else { "graded" };
        let sum: u32 = it.points.iter().sum();
        let points: Vec<String> = it.points.iter().map(u32::to_string).collect();
        format!("{},{status},{sum},{}\n", it.id, points.join(","))
    });
    lines.collect()
}

/// The same columns of a gradebook.
///
/// # Errors
/// When it is no table of that form.
pub(crate) fn found(gradebook: &[u8]) -> anyhow::Result<String> {
    let mut text = String::new();
    for record in csv::Reader::from_reader(gradebook).records() {
        let record = record?;
        let cells: Vec<&str> = record.iter().collect();
        let wanted = [&cells[0..1], &cells[3..5], &cells[6..]].concat();
        text.push_str(&(wanted.join(",") + "\n"));
    }
    Ok(text)
}
