//! Compilation: sources become programs, by one `cargo build` for all that can be built together.
//!
//! A source that does not compile costs its own exercise only. A program is kept under the hash of all that it was made
//! from, so the same source is never built twice.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use nix::unistd::geteuid;

use crate::course::{Course, ExerciseRef};
use crate::overlay::{Overlay, OverlayError};
use crate::progress::{Progress, Spent, Stage};
use crate::sandbox::{BUILDER_ARGUMENT, BuildRequest, Shared, builder, family, interrupt, spawn};
use crate::sources::Sources;
use crate::work::Presence;

mod outcome;
mod tools;

use outcome::{Outcome, is_machines_fault};
use tools::Tools;

/// At most this many built programs are kept; those that were not used for longest go first. A program has some MiB, and each
/// save makes one. What a grader that is at work has used is kept, however many these are.
const MOST_PROGRAMS: usize = 150;

/// What cargo is asked for; the folder to build in follows.
const BUILD: [&str; 8] = [
    "build",
    "--bins",
    "--keep-going",
    "--offline",
    "--locked",
    "--message-format",
    "json",
    "--target-dir",
];

/// How long one build of all answers may take.
const LONGEST_BUILD: Duration = Duration::from_secs(600);

/// How many seconds of CPU time each process of a build may take: a compiler that needs more does not come to an end.
const COMPILER_SECONDS: u64 = 60;

/// How long the end of an interrupted cargo's processes may take.
const TEARDOWN: Duration = Duration::from_secs(10);

/// One source to build.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// The exercise that it answers.
    pub exercise: ExerciseRef<'a>,
    /// Its text.
    pub text: &'a Sources,
    /// Who wrote it.
    pub author: Author,
    /// The hash of everything that decides what the program is.
    pub key: String,
}

/// Who wrote a source. A compiler can read what lies beside its source: no student's is built together with the course's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Author {
    /// The author of a submission.
    Student,
    /// The author of the course: a reference answer.
    Course,
}

/// What became of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Built {
    /// The program's file.
    Program(PathBuf),
    /// It does not compile; the compiler's own message.
    Refused(String),
}

/// Why nothing could be built.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The copy of the course could not be written.
    #[error(transparent)]
    Overlay(#[from] OverlayError),
    /// Cargo cannot be started.
    #[error(
        "start cargo: {source} (is Rust installed, and `cargo` on the PATH? see https://rustup.rs)"
    )]
    NoCargo {
        /// What the system said.
        source: io::Error,
    },
    /// The packages that the labs need are not there and cannot be had.
    #[error("get the packages that the labs need (the first time needs a network)\n{said}")]
    Packages {
        /// What cargo said.
        said: String,
    },
    /// A lab's own library does not compile.
    #[error("compile the harness of `{package}`\n{said}")]
    Harness {
        /// The lab's package.
        package: String,
        /// What the compiler said.
        said: String,
    },
    /// The compiler or the linker could not work.
    #[error("build the answers, and not because of an answer (is the disk full?)\n{said}")]
    Machine {
        /// What they said.
        said: String,
    },
    /// Cargo failed for another reason.
    #[error("build the answers\n{said}")]
    Cargo {
        /// What cargo said.
        said: String,
    },
    /// A built program cannot be kept.
    #[error("write {path} (is the disk full?)")]
    Keep {
        /// Where it would be kept.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Somebody asked the grader to end.
    #[error("finish: interrupted")]
    Interrupted,
}

/// Where programs are built and kept.
#[derive(Debug)]
pub struct Workshop<'a> {
    course: &'a Course,
    folder: PathBuf,
}

impl<'a> Workshop<'a> {
    /// A workshop in the grader's folder.
    #[must_use]
    pub fn new(course: &'a Course, folder: &Path) -> Self {
        Self {
            course,
            folder: folder.to_path_buf(),
        }
    }

    /// The program of this key, if it was built before.
    #[must_use]
    pub fn kept(&self, source: &Source<'_>) -> Option<PathBuf> {
        let path = self.place(source);
        if !path.is_file() {
            return None;
        }
        // It has been used now. Where that cannot be noted, it is forgotten earlier.
        if let Some(folder) = path.parent().and_then(|it| fs::File::open(it).ok()) {
            let _ = folder.set_modified(SystemTime::now());
        }
        Some(path)
    }

    fn place(&self, source: &Source<'_>) -> PathBuf {
        // A program can see its own name.
        let mut path = self.folder.join("programs").join(&source.key);
        path.push(source.exercise.program());
        path
    }

    /// Builds the sources, and returns what became of each, in their order. Of several sources for one program, each is
    /// built in a round of its own, and so are those of the course.
    ///
    /// # Errors
    /// When cargo cannot do its work; never because of a source.
    pub fn build(
        &self,
        sources: &[Source<'_>],
        progress: &dyn Progress,
    ) -> Result<Vec<Built>, CompileError> {
        let overlay = Overlay::prepare(self.course, &self.folder.join("course"))?;
        let fetched_before = fs::read(self.stamp()).is_ok_and(|it| it == overlay.packages);
        if !fetched_before || !overlay.is_locked() {
            progress.begin(Stage::Preparing, 0);
            let fetched = self.fetch(&overlay);
            progress.end();
            fetched?;
        }
        progress.begin(Stage::Compiling, sources.len());
        let built = self.build_in_rounds(&overlay, sources, progress);
        progress.end();
        self.forget_oldest();
        built
    }

    fn build_in_rounds(
        &self,
        overlay: &Overlay,
        sources: &[Source<'_>],
        progress: &dyn Progress,
    ) -> Result<Vec<Built>, CompileError> {
        self.forget_all();
        let mut results: Vec<Option<Built>> = sources.iter().map(|_| None).collect();
        let kinds = sources.iter().map(|it| (it.author, it.exercise.program()));
        for round in rounds(kinds) {
            let laid: Vec<_> = round
                .iter()
                .map(|index| (sources[*index].exercise, sources[*index].text))
                .collect();
            overlay.lay_over(self.course, &laid)?;
            let started = Instant::now();
            let mut outcome = self.cargo_build(overlay, progress)?;
            progress.spent(Spent::Cargo, started.elapsed());
            for index in round {
                let source = &sources[index];
                let name = source.exercise.program();
                results[index] = Some(match outcome.programs.remove(name) {
                    Some(program) => Built::Program(self.keep(source, &program)?),
                    None => match outcome.errors.remove(name) {
                        Some(said) => Built::Refused(said),
                        None => Built::Refused(outcome.crash(name).ok_or_else(|| {
                            CompileError::Cargo {
                                said: outcome.stderr.clone(),
                            }
                        })?),
                    },
                });
            }
        }
        Ok(results.into_iter().flatten().collect())
    }

    fn stamp(&self) -> PathBuf {
        self.folder.join("packages-are-there")
    }

    /// Gets the packages of the lock file: without the network when they are there already.
    fn fetch(&self, overlay: &Overlay) -> Result<(), CompileError> {
        let fetch = |more: &[&str]| {
            let mut command = cargo(overlay);
            command.arg("fetch").args(more).stdout(Stdio::null());
            spawn::as_helper(&mut command)
                .output()
                .map_err(|source| CompileError::NoCargo { source })
        };
        overlay.lock()?;
        if !fetch(&["--offline"])?.status.success() {
            if interrupt::is_requested() {
                return Err(CompileError::Interrupted);
            }
            let output = fetch(&[])?;
            if !output.status.success() {
                return Err(CompileError::Packages {
                    said: String::from_utf8_lossy(&output.stderr).into_owned(),
                });
            }
        }
        let stamp = self.stamp();
        fs::write(&stamp, &overlay.packages).map_err(|source| CompileError::Keep {
            path: stamp,
            source,
        })
    }

    /// One `cargo build` of all that lies in the overlay.
    fn cargo_build(
        &self,
        overlay: &Overlay,
        progress: &dyn Progress,
    ) -> Result<Outcome, CompileError> {
        let request = self.request(overlay, &Tools::find()?)?;
        // `/proc/self/exe` is this very program, even when its file has been replaced since.
        let mut command = Command::new("/proc/self/exe");
        command
            .arg(BUILDER_ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        // A file, not a pipe: nobody has to read it while cargo writes.
        let stderr = tempfile::tempfile().map_err(|source| CompileError::Keep {
            path: std::env::temp_dir(),
            source,
        })?;
        let duplicate = stderr
            .try_clone()
            .map_err(|source| CompileError::NoCargo { source })?;
        command.stderr(duplicate);
        // A compiler whose cargo has gone becomes this process's own, to be ended.
        let mut child = family::adopt_orphans()
            .and_then(|()| command.spawn())
            .map_err(|source| CompileError::NoCargo { source })?;
        if let Some(stdin) = child.stdin.as_mut() {
            // One that has died already is seen by its end.
            let _ = stdin.write_all(&request);
        }
        let mut outcome = Outcome::of(&self.folder);
        let read = outcome.read(&mut child, progress);
        if interrupt::is_requested() {
            let _ = child.kill();
        }
        let status = child.wait();
        if interrupt::is_requested() {
            // What cannot be ended was not started here.
            let _ = family::end_all(Instant::now() + TEARDOWN);
            return Err(CompileError::Interrupted);
        }
        outcome.stderr = text_of(stderr);
        let failed = |said: String| CompileError::Cargo { said };
        read.map_err(|error| failed(error.to_string()))?;
        if let Some(said) = outcome.machine.take() {
            return Err(CompileError::Machine { said });
        }
        if let Some((package, said)) = outcome.harness.take() {
            return Err(CompileError::Harness { package, said });
        }
        let status = status.map_err(|error| failed(error.to_string()))?;
        if !status.success() && is_machines_fault(&outcome.stderr) {
            return Err(CompileError::Machine {
                said: outcome.stderr,
            });
        }
        Ok(outcome)
    }

    /// What the builder is asked for, as a line.
    fn request(&self, overlay: &Overlay, tools: &Tools) -> Result<Vec<u8>, CompileError> {
        let target = self.folder.join("build");
        self.prepare_target(&target)?;
        if builder::owner().is_some() {
            show(&overlay.root).map_err(|source| CompileError::Keep {
                path: overlay.root.clone(),
                source,
            })?;
        }
        let shared = |path: PathBuf, writable| Shared { path, writable };
        let mut folders = vec![
            shared(tools.toolchain.clone(), false),
            shared(overlay.root.clone(), false),
            shared(target.clone(), true),
        ];
        let of_home = ["registry", "git", "config.toml", "config"].map(|it| tools.home.join(it));
        let of_home = of_home.into_iter().filter(|path| path.exists());
        folders.extend(of_home.map(|path| shared(path, false)));
        let mut args: Vec<String> = BUILD.iter().map(|it| (*it).to_owned()).collect();
        args.push(target.display().to_string());
        let request = BuildRequest {
            program: tools.cargo.clone(),
            args,
            environment: tools.environment(),
            folder: overlay.root.clone(),
            shared: folders,
            wall_ms: u64::try_from(LONGEST_BUILD.as_millis()).unwrap_or(u64::MAX),
            cpu_seconds: COMPILER_SECONDS,
        };
        let line = serde_json::to_vec(&request).map_err(|error| CompileError::Cargo {
            said: error.to_string(),
        });
        let mut line = line?;
        line.push(b'\n');
        Ok(line)
    }

    /// Makes the folder that is built in, and gives it to the user who compiles.
    fn prepare_target(&self, target: &Path) -> Result<(), CompileError> {
        let failed = |source| CompileError::Keep {
            path: target.to_path_buf(),
            source,
        };
        fs::create_dir_all(target).map_err(failed)?;
        let owner = builder::owner().unwrap_or_else(|| geteuid().as_raw());
        let data = fs::metadata(target).map_err(failed)?;
        if data.uid() != owner {
            give(target, owner).map_err(failed)?;
        }
        Ok(())
    }

    /// Copies a program to its place. Cargo's own file will be that of another answer tomorrow.
    fn keep(&self, source: &Source<'_>, program: &Path) -> Result<PathBuf, CompileError> {
        let place = self.place(source);
        let failed = |source| CompileError::Keep {
            path: place.clone(),
            source,
        };
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let part = place.with_extension("part");
        fs::copy(program, &part).map_err(failed)?;
        fs::rename(&part, &place).map_err(failed)?;
        forget(program);
        Ok(place)
    }

    /// Removes from cargo's folder what a grader that was killed has left there of programs, for the same reason for which it is
    /// removed otherwise ([`forget`]).
    fn forget_all(&self) {
        let folder = self.folder.join("build/debug");
        let exercises = self.course.exercises();
        let names: Vec<String> = exercises.map(|it| it.program().to_owned()).collect();
        for name in &names {
            let _ = fs::remove_file(folder.join(name));
        }
        // `hello-pipe` is `hello_pipe-` and a hash there, with several endings.
        let crates: Vec<String> = names.iter().map(|it| it.replace('-', "_") + "-").collect();
        let entries = fs::read_dir(folder.join("deps"));
        for entry in entries.into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if crates.iter().any(|it| name.starts_with(it)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Removes all programs whose keys are not among these. What cannot be removed stays.
    pub fn forget_others(&self, keys: &[String]) {
        let folders = fs::read_dir(self.folder.join("programs"));
        for entry in folders.into_iter().flatten().flatten() {
            let name = entry.file_name();
            if !keys.iter().any(|key| name == key.as_str()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// Removes the programs that were not used for longest. What cannot be removed stays.
    fn forget_oldest(&self) {
        let folders = fs::read_dir(self.folder.join("programs"))
            .into_iter()
            .flatten()
            .flatten();
        let mut dated: Vec<_> = folders
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        dated.sort();
        let surplus = dated.len().saturating_sub(MOST_PROGRAMS);
        // Somebody may be about to run what was used since.
        let since = Presence::oldest(&self.folder);
        let surplus = dated.into_iter().take(surplus);
        for (_, path) in surplus.take_while(|(used, _)| *used < since) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Removes a built program from cargo's folder, by all of its names: the next answer's compiler can read what lies there, and this
/// may be a reference answer.
fn forget(program: &Path) {
    let Ok(data) = fs::metadata(program) else {
        return;
    };
    let names = fs::read_dir(program.with_file_name("deps"));
    for entry in names.into_iter().flatten().flatten() {
        let is_same = |it: fs::Metadata| (it.dev(), it.ino()) == (data.dev(), data.ino());
        if entry.metadata().is_ok_and(is_same) {
            let _ = fs::remove_file(entry.path());
        }
    }
    let _ = fs::remove_file(program);
}

/// Lets everybody read a folder and all that is in it, though the caller's umask may be strict: another user compiles it.
fn show(path: &Path) -> io::Result<()> {
    let data = fs::symlink_metadata(path)?;
    let (is_folder, mode) = (data.is_dir(), data.permissions().mode());
    let wanted = mode | if is_folder { 0o555 } else { 0o444 };
    if wanted != mode {
        fs::set_permissions(path, Permissions::from_mode(wanted))?;
    }
    if is_folder {
        for entry in fs::read_dir(path)? {
            show(&entry?.path())?;
        }
    }
    Ok(())
}

/// Gives a folder and all that is in it to a user.
fn give(path: &Path, owner: u32) -> io::Result<()> {
    lchown(path, Some(owner), Some(owner))?;
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), owner)?;
        }
    }
    Ok(())
}

/// The places of the sources in rounds, each with at most one source for a program, and of one author.
fn rounds<'n>(sources: impl Iterator<Item = (Author, &'n str)>) -> Vec<Vec<usize>> {
    let mut rounds: BTreeMap<(Author, usize), Vec<usize>> = BTreeMap::new();
    let mut so_far: BTreeMap<(Author, &str), usize> = BTreeMap::new();
    for (index, (author, name)) in sources.enumerate() {
        let round = so_far.entry((author, name)).or_default();
        rounds.entry((author, *round)).or_default().push(index);
        *round += 1;
    }
    rounds.into_values().collect()
}

/// The cargo that runs this grader, or the one on the PATH.
fn cargo(overlay: &Overlay) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command
        .current_dir(&overlay.root)
        .stdin(Stdio::null())
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_PROGRESS_WHEN", "never");
    // What cargo said to the grader about the grader's own package is not for the answers.
    for variable in [
        "CARGO_TARGET_DIR",
        "CARGO_BUILD_TARGET",
        "CARGO_MANIFEST_DIR",
    ] {
        command.env_remove(variable);
    }
    command
}

fn text_of(mut file: fs::File) -> String {
    use io::{Read as _, Seek as _};
    let mut bytes = Vec::new();
    // What cannot be read back is lost as an explanation only.
    let _ = file.rewind().and_then(|()| file.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_is_built_beside_a_reference_answer() {
        use Author::{Course, Student};
        let sources = [
            (Student, "a"),
            (Course, "b"),
            (Student, "c"),
            (Student, "a"),
            (Course, "a"),
        ];
        let rounds = rounds(sources.into_iter());
        assert_eq!(rounds, [vec![0, 2], vec![3], vec![1, 4]]);
    }
}
