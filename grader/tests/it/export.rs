//! The student's copy: what is in it, and that an update loses nothing.

use std::fs;
use std::path::{Path, PathBuf};

use grader::course::Course;
use grader::export::{ExportError, Exported, export};
use tempfile::TempDir;

use super::course::Demo;

const ANSWER: &str = "labs/10-demo/src/bin/first-step.rs";
const ORIGINAL: &str = "labs/10-demo/harness/stubs/first-step.rs";

/// A copy of a small course.
struct Copy {
    demo: Demo,
    dir: TempDir,
}

impl Copy {
    fn new() -> Self {
        let demo = Demo::new();
        let dir = tempfile::tempdir().unwrap();
        let copy = Self { demo, dir };
        let exported = copy.export();
        assert!(!exported.is_update);
        assert_eq!(exported.files, exported.written);
        copy
    }

    #[track_caller]
    fn export(&self) -> Exported {
        self.try_export().unwrap()
    }

    fn try_export(&self) -> Result<Exported, ExportError> {
        let course = Course::load(&self.demo.file("")).unwrap();
        export(&course, self.dir.path())
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).unwrap();
    }
}

#[test]
fn nothing_changes_where_nothing_has_changed() {
    let copy = Copy::new();
    let again = copy.export();
    assert_eq!((again.written, again.removed), (0, 0));
    assert!(again.is_update);
}

#[test]
fn what_a_student_wrote_stays() {
    let copy = Copy::new();
    copy.write(ANSWER, "mine");
    copy.write("notes.txt", "mine");
    assert_eq!(copy.export().written, 0);
    assert_eq!(copy.read(ANSWER), "mine");
    assert_eq!(copy.read("notes.txt"), "mine");
}

#[test]
fn an_answer_that_was_never_touched_follows_its_original() {
    let copy = Copy::new();
    copy.demo.write(ORIGINAL, "fn main() { todo!() }\n");
    let exported = copy.export();
    assert_eq!(copy.read(ANSWER), "fn main() { todo!() }\n");
    assert_eq!(copy.read(ORIGINAL), "fn main() { todo!() }\n");
    assert_eq!((exported.written, exported.stale_answers), (2, Vec::new()));
}

#[test]
fn a_student_is_told_once_that_an_original_has_changed() {
    let copy = Copy::new();
    copy.write(ANSWER, "mine");
    copy.demo.write(ORIGINAL, "another");
    assert_eq!(copy.export().stale_answers, [Path::new(ANSWER)]);
    assert_eq!(copy.export().stale_answers, Vec::<PathBuf>::new());
    assert_eq!(copy.read(ANSWER), "mine");
}

#[test]
fn a_file_of_the_course_is_replaced_and_what_it_was_is_kept() {
    let copy = Copy::new();
    copy.write("labs/10-demo/lab.toml", "mine");
    let exported = copy.export();
    assert!(
        copy.read("labs/10-demo/lab.toml")
            .starts_with("\ntitle = \"Demo\"")
    );
    let [(file, backup)] = &exported.kept[..] else {
        panic!("{exported:?}");
    };
    assert_eq!(file, Path::new("labs/10-demo/lab.toml"));
    assert_eq!(copy.read(backup.to_str().unwrap()), "mine");
}

#[test]
fn what_is_no_part_of_the_course_any_more_goes_unless_somebody_wrote_it() {
    let copy = Copy::new();
    copy.demo.write("labs/10-demo/harness/old.rs", "old");
    copy.demo.write("labs/10-demo/harness/changed.rs", "old");
    copy.export();
    copy.write("labs/10-demo/harness/changed.rs", "mine");
    for file in ["old", "changed"] {
        fs::remove_file(copy.demo.file(&format!("labs/10-demo/harness/{file}.rs"))).unwrap();
    }
    let exported = copy.export();
    assert_eq!(exported.removed, 2);
    assert!(!copy.path("labs/10-demo/harness/old.rs").exists());
    assert!(!copy.path("labs/10-demo/harness/changed.rs").exists());
    assert_eq!(copy.read(exported.kept[0].1.to_str().unwrap()), "mine");
}

#[test]
fn hidden_cases_and_their_snapshots_stay_at_home() {
    let copy = Copy::new();
    let description = fs::read_to_string(copy.demo.file("labs/10-demo/lab.toml")).unwrap();
    let hidden = description.replacen("name = \"two\"", "name = \"two\"\nhidden = true", 1);
    copy.demo.write("labs/10-demo/lab.toml", &hidden);
    for case in ["one", "two"] {
        let snapshot = format!("labs/10-demo/expected/first-step@{case}.snap");
        copy.demo.write(&snapshot, "---\n---\nx\n");
    }
    copy.export();
    let exported = Course::load(copy.dir.path()).unwrap();
    let first = exported.exercise("first-step").unwrap();
    let cases = first.exercise.cases.iter();
    let names: Vec<&str> = cases.map(|case| case.name.as_ref().as_str()).collect();
    assert_eq!(names, ["one"]);
    assert!(
        copy.path("labs/10-demo/expected/first-step@one.snap")
            .exists()
    );
    assert!(
        !copy
            .path("labs/10-demo/expected/first-step@two.snap")
            .exists()
    );
}

#[test]
fn an_export_that_was_interrupted_is_finished_by_the_next() {
    let copy = Copy::new();
    copy.demo.write(ORIGINAL, "another");
    // The answer cannot be replaced: a folder of that name is in the way.
    fs::remove_file(copy.path(ORIGINAL)).unwrap();
    fs::create_dir(copy.path(ORIGINAL)).unwrap();
    copy.try_export().unwrap_err();
    fs::remove_dir(copy.path(ORIGINAL)).unwrap();
    let exported = copy.export();
    assert_eq!(copy.read(ANSWER), "another");
    assert_eq!(copy.read(ORIGINAL), "another");
    assert_eq!(
        (exported.kept, exported.stale_answers),
        (Vec::new(), Vec::new())
    );
}

#[test]
fn folders_that_are_no_copy_are_refused() {
    let demo = Demo::new();
    let course = Course::load(&demo.file("")).unwrap();
    let occupied = tempfile::tempdir().unwrap();
    fs::write(occupied.path().join("Cargo.toml"), "mine").unwrap();
    let refused = export(&course, occupied.path()).unwrap_err();
    assert!(matches!(refused, ExportError::Occupied { .. }), "{refused}");
    assert_eq!(fs::read_dir(occupied.path()).unwrap().count(), 1);
    let inside = export(&course, &demo.file("some/where")).unwrap_err();
    assert!(matches!(inside, ExportError::Inside { .. }), "{inside}");
    assert!(!demo.file("some").exists());
    // What the copy would not have is in nobody's way: a fresh repository, for one.
    let repository = tempfile::tempdir().unwrap();
    fs::create_dir(repository.path().join(".git")).unwrap();
    export(&course, repository.path()).unwrap();
}

#[test]
fn the_real_course_has_no_answers_in_its_copy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let course = Course::load(&root).unwrap();
    let dir = tempfile::tempdir().unwrap();
    export(&course, dir.path()).unwrap();
    let copy = Course::load(dir.path()).unwrap();
    assert_eq!(copy.exercises().count(), course.exercises().count());
    assert!(!copy.has_solutions());
    for exercise in copy.exercises() {
        let answer = fs::read(exercise.answer_path()).unwrap();
        assert_eq!(answer, fs::read(exercise.stub_path()).unwrap());
        assert!(exercise.exercise.cases.iter().all(|case| !case.hidden));
    }
    for file in [
        "README.md",
        "Cargo.lock",
        ".cargo/config.toml",
        "grader/src/main.rs",
    ] {
        assert!(dir.path().join(file).is_file(), "{file}");
    }
    let front = fs::read_to_string(dir.path().join("README.md")).unwrap();
    assert!(front.contains("Open this folder"), "{front}");
    let workflow = ".github/workflows/autograding.yml";
    assert!(dir.path().join(workflow).is_file());
    assert!(!dir.path().join(".github/workflows/ci.yml").exists());
    for file in ["solutions", "docs", "grader/tests", ".ci", ".git", "target"] {
        assert!(!dir.path().join(file).exists(), "{file}");
    }
}

/// The projects that the editor of a checkout in this folder is told about.
fn editor_s_projects(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join(".vscode/settings.json")).unwrap();
    // The editor allows comments; JSON does not.
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let text: String = lines.collect();
    let settings: serde_json::Value = serde_json::from_str(&text).unwrap();
    let own = &settings["rust-analyzer.cargo.targetDir"];
    assert!(
        own.as_str().is_some_and(|it| it.starts_with("target/")),
        "{own}"
    );
    let projects = settings["rust-analyzer.linkedProjects"].as_array().unwrap();
    let projects = projects.iter().map(|it| it.as_str().unwrap().to_owned());
    projects.collect()
}

#[test]
fn an_editor_knows_all_there_is_and_nothing_that_is_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let dir = tempfile::tempdir().unwrap();
    export(&Course::load(&root).unwrap(), dir.path()).unwrap();
    assert_eq!(
        editor_s_projects(&root),
        ["Cargo.toml", "solutions/Cargo.toml"]
    );
    assert_eq!(editor_s_projects(dir.path()), ["Cargo.toml"]);
    for (folder, projects) in [
        (root.as_path(), editor_s_projects(&root)),
        (dir.path(), editor_s_projects(dir.path())),
    ] {
        for project in projects {
            assert!(folder.join(&project).is_file(), "{project}");
        }
    }
}

/// Every command that a text tells people to type: `cargo grade …` in code.
fn commands_in(text: &str) -> Vec<String> {
    let starts = text.match_indices("cargo grade");
    let command = |at: usize| {
        let rest = &text[at..];
        // Up to the end of the code, of the line, or of the command in a line of shell.
        let end = rest
            .find(['`', '\n', '|', '&', '"', '>'])
            .unwrap_or(rest.len());
        rest[..end].trim().to_owned()
    };
    starts.map(|(at, _)| command(at)).collect()
}

#[test]
fn what_a_student_is_told_to_type_can_be_typed() {
    use clap::Parser as _;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = [
        "README.md",
        "docs/student/README.md",
        "docs/student/.github/workflows/autograding.yml",
        ".devcontainer/devcontainer.json",
    ];
    for file in files {
        let commands = commands_in(&fs::read_to_string(root.join(file)).unwrap());
        assert!(!commands.is_empty(), "{file}");
        for command in commands {
            let words = command.split_whitespace().skip(1);
            let read = grader::cli::args::Arguments::try_parse_from(words);
            let is_help = read.as_ref().is_err_and(|it| !it.use_stderr());
            assert!(read.is_ok() || is_help, "{file}: {command}: {read:?}");
        }
    }
}
