//! A made class of the real course gets exactly the points of the table.

use std::path::Path;
use std::process::Command;

use grader::course::Course;

use super::demo::CLASS;

#[path = "../../examples/made-class/made.rs"]
mod made;
#[path = "../../examples/made-class/table.rs"]
mod table;

#[test]
fn every_student_gets_exactly_the_expected_points() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let course = Course::load(root).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let students = std::env::var("STUDENTS").map_or(8, |it| it.parse().unwrap());
    let made = made::make(&course, &folder.path().join("subs"), "a-test", students).unwrap();
    let output = Command::new(CLASS)
        .current_dir(root)
        .arg("class")
        .arg(folder.path().join("subs"))
        .arg("--out")
        .arg(folder.path().join("out"))
        .arg(table::LAB)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let gradebook = std::fs::read(folder.path().join("out/gradebook.csv")).unwrap();
    assert_eq!(made::found(&gradebook).unwrap(), made::expected(&made));
}

#[test]
fn the_table_has_every_mistake_of_the_lab_but_two() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let course = Course::load(root).unwrap();
    let mut missing = Vec::new();
    for exercise in made::exercises(&course) {
        let folder = exercise
            .solutions_folder(&course)
            .join("mistakes")
            .join(exercise.name());
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let is_there = |it: &table::Mistake| it.exercise == exercise.name() && it.name == name;
            if !table::MISTAKES.iter().any(is_there) {
                missing.push(format!("{}/{name}", exercise.name()));
            }
        }
    }
    assert_eq!(
        missing,
        [
            "shell-pipeline/status-of-the-wrong-child",
            "prime-sieve/child-not-reaped"
        ]
    );
}
