//! A small course of two exercises, and class runs in it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

pub(crate) const CLASS: &str = env!("CARGO_BIN_EXE_grader-class");

pub(crate) const STUB: &str = "fn main() {\n    todo!(\"print it\")\n}\n";
pub(crate) const RIGHT: &str = "fn main() {\n    println!(\"right\");\n}\n";
pub(crate) const WRONG: &str = "fn main() {\n    println!(\"wrong\");\n}\n";
pub(crate) const BROKEN: &str = "fn main() {\n    printline(\"right\");\n}\n";

/// The points of an exercise.
pub(crate) const FULL: u32 = 4;

/// A course in a folder of its own, with a folder of submissions beside it.
pub(crate) struct Demo {
    folder: TempDir,
}

/// How a class run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Demo {
    pub(crate) fn new() -> Self {
        let demo = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let mut description = "title = \"Demo\"\nsummary = \"What is right.\"\n".to_owned();
        for name in ["one", "two"] {
            description.push_str(&format!(
                "[[exercise]]\nname = \"{name}\"\ntitle = \"what is right\"\nlevel = \"core\"\nminutes = 1\n\
                 hints = [\"a\", \"b\", \"c\"]\ndiagnoses = []\n\
                 [[exercise.case]]\nname = \"only\"\nshows = \"it is right\"\npoints = {FULL}\n"
            ));
            demo.write(
                &format!("course/labs/10-demo/harness/stubs/{name}.rs"),
                STUB,
            );
            demo.write(&format!("course/labs/10-demo/src/bin/{name}.rs"), STUB);
            demo.write(
                &format!("course/labs/10-demo/expected/{name}@only.snap"),
                "---\nsource: x\n---\nright\n",
            );
        }
        demo.write("course/labs/10-demo/lab.toml", &description);
        demo.write(
            "course/labs/10-demo/Cargo.toml",
            "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\npath = \"harness/lib.rs\"\n",
        );
        demo.write("course/labs/10-demo/harness/lib.rs", "");
        demo.write("course/Cargo.toml", "[workspace]\nmembers = [\"labs/*\"]\n");
        demo.write("course/Cargo.lock", "version = 4\n");
        fs::create_dir(demo.path("subs")).unwrap();
        demo
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A student's submission as a folder.
    pub(crate) fn submit(&self, student: &str, exercise: &str, text: &str) {
        let file = format!("subs/{student}/labs/10-demo/src/bin/{exercise}.rs");
        self.write(&file, text);
    }

    /// The command that grades this class, with more arguments.
    pub(crate) fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(CLASS);
        command
            .current_dir(self.path("course"))
            .env_remove("CARGO_TARGET_DIR")
            .args(["class", "../subs", "--out", "../out"])
            .args(more);
        command
    }

    /// Grades the class.
    #[track_caller]
    pub(crate) fn grade(&self, more: &[&str]) -> Ended {
        Ended::of(self.command(more).output().unwrap())
    }

    /// The gradebook's columns id, status, points, and the exercises.
    #[track_caller]
    pub(crate) fn gradebook(&self) -> Vec<String> {
        let text = self.read("out/gradebook.csv");
        let lines = text.lines().skip(1).map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!(
                "{} {}: {} = {}",
                cells[0],
                cells[3],
                cells[4],
                cells[6..].join(" + ")
            )
        });
        lines.collect()
    }

    /// Every file that is made of the results, with its text. What is measured in a grading is left out: it may be another the next time.
    pub(crate) fn outputs(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let out = self.path("out");
        let mut files = Vec::new();
        for folder in [out.clone(), out.join("feedback"), out.join("results")] {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    let mut text = fs::read(&path).unwrap();
                    if path.ends_with("class.html") {
                        text = without_measures(&String::from_utf8(text).unwrap()).into_bytes();
                    }
                    files.push((path, text));
                }
            }
        }
        files.sort();
        files
    }

    /// How many students have results.
    pub(crate) fn results(&self) -> usize {
        let results = fs::read_dir(self.path("out/results"));
        let names = results.into_iter().flatten().flatten();
        names
            .filter(|entry| entry.path().extension().is_some_and(|it| it == "json"))
            .count()
    }
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Checks the exit code.
    #[track_caller]
    pub(crate) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }
}

/// The page of a class without the section of what was measured.
fn without_measures(page: &str) -> String {
    let (before, rest) = page.split_once("<section id=\"near\">").unwrap();
    let (_, after) = rest.split_once("</section>").unwrap();
    format!("{before}{after}")
}

/// A zip file with these members.
pub(crate) fn zip(path: &Path, files: &[(&str, &str)]) {
    let mut writer = zip::ZipWriter::new(File::create(path).unwrap());
    for (name, text) in files {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap();
}

/// The processes below one, whose command line has this word.
pub(crate) fn descendants_with(ancestor: u32, word: &str) -> Vec<i32> {
    let ancestor = i32::try_from(ancestor).unwrap();
    let found = grader::sandbox::family::descendants(ancestor);
    let has_word = |pid: &i32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0)
            .any(|it| it == word.as_bytes())
    };
    found.into_iter().filter(has_word).collect()
}
