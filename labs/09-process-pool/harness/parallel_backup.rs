//! Driver of `parallel-backup`: sources to be copied, and a look at the copies after each run, whatever has become of it.
//!
//! Usage: `parallel-backup [RUNS [WORKERS [NAME:BYTES…]]]` (default: `0 2 letters:3000 photos:200000 music:70000`), up to 60 runs, 16
//! workers and 20 sources of up to 10,000,000 bytes. The sources are generated. Before the last run, which is to succeed, come so many
//! RUNS in processes of their own, of which each can be killed (the grader does that) and finds what the one before has left: an older
//! backup, at first.
//!
//! Everything is in a folder of the driver's own, which is the working directory and is removed at the end. Where temporary files belong
//! (TMPDIR) is another file system than that, as on many machines.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::libc;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, getpid};

use crate::program::{Program, print_line};

/// The most runs, workers and sources, and the largest source.
const MOST: [usize; 4] = [60, 16, 20, 10_000_000];

/// What the student writes: copies each source to its backup, and returns how many bytes each copy has, in the order of the sources.
pub type BackUp = fn(workers: usize, sources: &[Source]) -> io::Result<Vec<u64>>;

/// A file, and where its backup belongs. Both paths begin at the working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// Its backup. There may be an older one.
    pub backup: PathBuf,
}

/// A source, as the driver knows it.
#[derive(Debug)]
struct Original {
    name: String,
    bytes: usize,
}

impl Original {
    fn source(&self) -> Source {
        Source {
            path: Path::new("source").join(&self.name),
            backup: Path::new("backup").join(&self.name),
        }
    }

    /// What the source holds at the time of a run.
    fn content(&self, run: usize) -> Vec<u8> {
        let mut state = run as u32;
        let bytes = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        });
        bytes.take(self.bytes).collect()
    }

    fn generate(&self, run: usize) -> io::Result<()> {
        fs::write(self.source().path, self.content(run))
    }

    /// The run whose backup is there, the whole of it; `None` where there is none.
    fn backed_up(&self, runs: usize) -> Result<Option<usize>, Half> {
        let Ok(found) = fs::read(self.source().backup) else {
            return Ok(None);
        };
        let whole = (0..=runs).rev().find(|run| self.content(*run) == found);
        whole.map(Some).ok_or(Half)
    }

    /// Whether the source has gone, or is not as it was, or is the very file that is called its backup.
    fn was_taken_away(&self, run: usize) -> bool {
        let Source { path, backup } = self.source();
        let file = |path: &Path| fs::metadata(path).map(|it| (it.dev(), it.ino())).ok();
        let is_as_it_was = fs::read(&path).is_ok_and(|found| found == self.content(run));
        !is_as_it_was || file(&path) == file(&backup)
    }
}

/// A backup that is neither the old one nor the new one.
#[derive(Debug)]
struct Half;

/// Runs the exercise.
#[must_use]
pub fn drive(back_up: BackUp) -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        arguments = ["0", "2", "letters:3000", "photos:200000", "music:70000"]
            .map(String::from)
            .into();
    }
    let Some((runs, workers, originals)) = parse(&arguments) else {
        eprintln!(
            "usage: parallel-backup [RUNS [WORKERS [NAME:BYTES…]]]: up to 60 runs, 16 workers, 20 different names of letters and digits, 10000000 bytes"
        );
        return ExitCode::from(2);
    };
    let folder = std::env::temp_dir().join(format!("parallel-backup-{}", getpid()));
    let elsewhere = Path::new("/dev/shm").join(format!("parallel-backup-{}", getpid()));
    let code = prepare(&folder).and_then(|()| {
        let is_apart = use_for_temporary_files(&elsewhere, &folder);
        let elsewhere = is_apart.then_some(elsewhere.as_path());
        lead(back_up, runs, workers, &originals, elsewhere)
    });
    // What they were made for is over; what cannot be removed does no harm.
    let _ = fs::remove_dir_all(&folder);
    let _ = fs::remove_dir_all(&elsewhere);
    code.unwrap_or_else(|error| {
        eprintln!("the driver failed: {error}");
        ExitCode::from(2)
    })
}

fn prepare(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)?;
    std::env::set_current_dir(folder)?;
    fs::create_dir("source")?;
    fs::create_dir("backup")
}

/// Whether temporary files now go to a folder that is in another file system. Not every machine has one.
fn use_for_temporary_files(elsewhere: &Path, folder: &Path) -> bool {
    let device = |path: &Path| fs::metadata(path).map(|it| it.dev()).ok();
    let is_apart = fs::create_dir(elsewhere).is_ok() && device(elsewhere) != device(folder);
    if is_apart {
        // SAFETY: the program has one thread, so nobody reads the environment meanwhile.
        unsafe { std::env::set_var("TMPDIR", elsewhere) };
    }
    is_apart
}

fn lead(
    back_up: BackUp,
    runs: usize,
    workers: usize,
    originals: &[Original],
    elsewhere: Option<&Path>,
) -> io::Result<ExitCode> {
    let sources: Vec<Source> = originals.iter().map(Original::source).collect();
    let (mut half_files, mut gone) = (0, 0);
    // There is an older backup from the first run on, which whoever is killed has to leave in its place.
    for original in originals.iter().filter(|_| runs > 0) {
        fs::write(original.source().backup, original.content(0))?;
    }
    for run in 0..runs {
        for original in originals {
            original.generate(run)?;
        }
        try_once(back_up, workers, &sources)?;
        let half = originals.iter().filter(|it| it.backed_up(run).is_err());
        half_files += half.count();
        let lost = originals.iter().filter(|it| !it.source().backup.exists());
        gone += lost.count();
    }
    for original in originals {
        original.generate(runs)?;
    }
    if runs == 0 {
        print_line(&format!("{} sources were generated", originals.len()));
    }
    let was_littered = has_others(originals)?;
    let program = Program::begin();
    let result = back_up(workers, &sources);
    program.only_the_parent_returns_from("back_up");
    // Nobody is killed in this run, so what makes it fail is what the others have left.
    let is_stale = result.is_err() && was_littered;
    if is_stale {
        print_line("stale: a file that a killed run has left keeps all later runs from working");
    }
    let mut others = elsewhere.and_then(|it| fs::read_dir(it).ok());
    let has_crossed = result.is_err() && others.as_mut().is_some_and(|it| it.next().is_some());
    if has_crossed {
        print_line(
            "across: a backup lies where temporary files belong, in another file system than its place, and rename(2) does not get it there",
        );
    }
    let code = program.end("back_up", result, |bytes| {
        for (original, bytes) in originals.iter().zip(bytes) {
            print_line(&describe(original, bytes, runs));
        }
    });
    if half_files > 0 {
        print_line(
            "half: after a run a backup was there that was neither the old one nor the new one",
        );
    } else if gone > 0 {
        print_line("gone: after a run an old backup was away, and no new one was there");
    } else if runs > 0 {
        print_line(&format!(
            "after each of {runs} runs every backup was the old one or the new one"
        ));
    }
    for original in originals.iter().filter(|it| it.was_taken_away(runs)) {
        let name = &original.name;
        print_line(&format!(
            "made up: what should be a copy of {name} is the source itself, under another name"
        ));
    }
    if !is_stale && has_others(originals)? {
        print_line("left behind: a file that is neither a source nor a backup");
    }
    Ok(code)
}

/// Runs it in a process of its own, which may be killed or see others killed.
fn try_once(back_up: BackUp, workers: usize, sources: &[Source]) -> io::Result<()> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let program = Program::begin();
            // That it fails is no surprise: somebody may have been killed.
            let _ = back_up(workers, sources);
            program.only_the_parent_returns_from("back_up");
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { libc::_exit(0) }
        }
        ForkResult::Parent { child } => wait_for(child),
    }
}

fn wait_for(child: Pid) -> io::Result<()> {
    loop {
        match waitpid(child, None) {
            Err(Errno::EINTR) => {}
            result => return result.map(drop).map_err(io::Error::from),
        }
    }
}

fn describe(original: &Original, bytes: u64, run: usize) -> String {
    let name = &original.name;
    match original.backed_up(run) {
        Ok(Some(found)) if found == run && bytes == original.bytes as u64 => {
            format!("{name}: {bytes} bytes, as in the source")
        }
        Ok(Some(found)) if found == run => {
            format!("{name}: as in the source, and {bytes} is not how many bytes it has")
        }
        Ok(Some(_)) => format!("{name}: an old backup"),
        Ok(None) => format!("{name}: no backup"),
        Err(Half) => format!("{name}: not as in the source"),
    }
}

/// Whether the folder holds anything else.
fn has_others(originals: &[Original]) -> io::Result<bool> {
    let mut known: Vec<PathBuf> = vec!["source".into(), "backup".into()];
    for Source { path, backup } in originals.iter().map(Original::source) {
        known.extend([path, backup]);
    }
    for folder in ["", "source", "backup"] {
        for entry in fs::read_dir(Path::new(".").join(folder))? {
            let path = Path::new(folder).join(entry?.file_name());
            if !known.contains(&path) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn parse(arguments: &[String]) -> Option<(usize, usize, Vec<Original>)> {
    let [runs, workers, originals @ ..] = arguments else {
        return None;
    };
    let (runs, workers) = (runs.parse().ok()?, workers.parse().ok()?);
    let mut parsed: Vec<Original> = Vec::new();
    for text in originals {
        let (name, bytes) = text.split_once(':')?;
        let bytes = bytes.parse().ok()?;
        let is_new = parsed.iter().all(|it| it.name != name);
        let is_plain = !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric());
        if !is_new || !is_plain || bytes > MOST[3] {
            return None;
        }
        let name = name.to_owned();
        parsed.push(Original { name, bytes });
    }
    let fits = runs <= MOST[0] && (1..=MOST[1]).contains(&workers) && parsed.len() <= MOST[2];
    fits.then_some((runs, workers, parsed))
}
