//! Makes a class, or holds a gradebook against it.
//!
//! `made-class make DIR SEED STUDENTS EXPECTED` writes submissions into DIR and what they must get into EXPECTED;
//! `made-class hold GRADEBOOK EXPECTED` says where a gradebook differs.
#![expect(clippy::print_stdout, reason = "it is a command")]

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use grader::course::Course;

mod made;
mod table;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["make", folder, seed, students, expected] => {
            let course = Course::find(&std::env::current_dir()?)?;
            let students = students.parse().context("read the number of students")?;
            let made = made::make(&course, Path::new(folder), seed, students)?;
            fs::write(expected, made::expected(&made))?;
            Ok(())
        }
        ["hold", gradebook, expected] => {
            let found = made::found(&fs::read(gradebook)?)?;
            let expected = fs::read_to_string(expected)?;
            if found.lines().count() != expected.lines().count() {
                bail!("the gradebook has another number of students");
            }
            let differing: Vec<String> = found
                .lines()
                .zip(expected.lines())
                .filter(|(found, expected)| found != expected)
                .map(|(found, expected)| format!("found    {found}\nexpected {expected}"))
                .collect();
            if !differing.is_empty() {
                bail!(
                    "{} students differ\n{}",
                    differing.len(),
                    differing.join("\n")
                );
            }
            println!(
                "all {} students have exactly the expected points",
                found.lines().count()
            );
            Ok(())
        }
        _ => bail!("understand the arguments; see the head of this program"),
    }
}
