//! Many saves, in the ways in which editors save, and what is left of them: nothing.
//!
//! `FORKLINGS_SAVES=1000` makes it a thousand; a few are enough to see that something is left after each.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::processes::Process;
use super::terminal::{
    ANSWER, DEADLINE, Terminal, build_the_grader, copy, in_a_terminal_that_closes, save, solution,
    watch,
};

/// How many saves, where nobody says.
const FEW: usize = 12;

/// What the program may take while nothing happens, in KiB.
const MOST_KIB: u64 = 50 * 1024;

/// How long nothing may happen before it is believed that nothing does.
const STILL: Duration = Duration::from_secs(2);

/// Everything that is counted before and after.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    threads: usize,
    descriptors: usize,
    children: BTreeSet<Process>,
    files: BTreeSet<PathBuf>,
}

impl Held {
    fn by(watch: Process, folders: &[PathBuf]) -> Self {
        let mut files = BTreeSet::new();
        for folder in folders {
            list(folder, &mut files);
        }
        Self {
            threads: watch.threads().len(),
            descriptors: watch.descriptors(),
            children: watch.children(),
            files,
        }
    }
}

impl Held {
    /// What differs, if anything does.
    fn beside(&self, before: &Self) -> Option<String> {
        let files: Vec<_> = self.files.symmetric_difference(&before.files).collect();
        let Self {
            threads,
            descriptors,
            children,
            ..
        } = self;
        (self != before)
            .then(|| format!("{threads} {descriptors} {children:?}, other files: {files:?}"))
    }
}

/// Everything below a folder, but for what is kept on purpose: programs and verdicts, of which there is a limited number.
fn list(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_kept = ["programs", "verdicts", "course", "build"].iter();
        let is_kept = is_kept
            .clone()
            .any(|kept| path.ends_with(Path::new("forklings").join(kept)));
        if path.is_dir() && !is_kept {
            list(&path, files);
        }
        files.insert(path);
    }
}

/// Waits for something, and says what was seen last where it does not come.
#[track_caller]
fn wait_for<T: std::fmt::Debug>(what: &str, look: impl Fn() -> T, holds: impl Fn(&T) -> bool) -> T {
    let begun = Instant::now();
    loop {
        let seen = look();
        if holds(&seen) {
            return seen;
        }
        assert!(begun.elapsed() < DEADLINE, "no {what}: {seen:?}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Saves in one of the ways of editors.
fn save_like_an_editor(copy: &Path, number: usize, text: &str) {
    let file = copy.join(ANSWER);
    let beside = |name: &str| file.with_file_name(name);
    match number % 4 {
        // A new file is moved to the old one's place.
        0 => save(copy, text),
        // In place, in two steps: the first is no program.
        1 => {
            fs::write(&file, &text[..text.len() / 2]).unwrap();
            fs::write(&file, text).unwrap();
        }
        // The old file is moved away, as vi does it, which also tries whether it can make files, and has a swap file.
        2 => {
            fs::write(beside(".hello-pipe.rs.swp"), text).unwrap();
            fs::write(beside("4913"), "").unwrap();
            fs::remove_file(beside("4913")).unwrap();
            fs::rename(&file, beside("hello-pipe.rs~")).unwrap();
            fs::write(&file, text).unwrap();
            fs::remove_file(beside("hello-pipe.rs~")).unwrap();
            fs::remove_file(beside(".hello-pipe.rs.swp")).unwrap();
        }
        // Twice, the second time only the time of the file is another.
        _ => {
            fs::write(&file, text).unwrap();
            fs::write(&file, text).unwrap();
        }
    }
}

#[test]
fn many_saves_leave_nothing_behind() {
    let saves = std::env::var("FORKLINGS_SAVES").ok();
    let saves = saves.map_or(FEW, |it| it.parse().expect("FORKLINGS_SAVES is a number"));
    build_the_grader();
    let copy = copy();
    let copy = copy.path();
    let answer = solution("src/bin/hello-pipe.rs");
    let temporary = tempfile::tempdir().unwrap();
    let mut command = watch(copy);
    command.env("TMPDIR", temporary.path());
    let mut terminal = Terminal::start(&mut command);
    let process = Process::of(terminal.child.id()).unwrap();
    terminal.shows(&["waiting for a save", "not attempted: 0 of"]);
    save(copy, &answer);
    terminal.shows(&["waiting for a save", "Full points."]);
    // What the first of these saves may leave is taken away here, so that the last one's is noticed.
    fs::remove_file(copy.join(ANSWER).with_extension("rs~")).unwrap();
    let folders = [
        temporary.path().to_path_buf(),
        copy.join("labs"),
        copy.join("target/forklings"),
    ];
    let before = Held::by(process, &folders);

    let mut seen = process.descendants();
    let mut last = BTreeSet::new();
    for number in 0..saves {
        save_like_an_editor(copy, number, &format!("{answer}// save {number}\n"));
        // The next save comes when the grader is at this one.
        last = wait_for(
            "new grader",
            || process.children(),
            |now| !now.is_empty() && now.is_disjoint(&last),
        );
        assert_eq!(last.len(), 1, "two graders at once");
        seen.extend(process.descendants());
        // Who blocks the request to end is overtaken by nobody. While a process is being made, all signals are blocked.
        let grader = last.first().copied();
        wait_for(
            "grader that can be asked to end",
            || grader.and_then(Process::blocked_signals),
            |blocked| {
                blocked
                    .as_ref()
                    .is_none_or(|it| it.bytes().all(|it| it == b'0'))
            },
        );
    }
    // A program that never ends is being run when the last save overtakes it.
    save(
        copy,
        &answer.replacen("{\n", "{\n    if true { loop {} }\n", 1),
    );
    let endless = wait_for(
        "endless program",
        || process.descendants(),
        |all| all.iter().any(|it| it.name() == "hello-pipe"),
    );
    seen.extend(endless);
    save(copy, &solution("mistakes/hello-pipe/child-not-reaped.rs"));
    terminal.shows(&["waiting for a save", "child-not-reaped"]);
    fs::remove_file(copy.join(ANSWER).with_extension("rs~")).unwrap();

    assert_eq!(before.children, BTreeSet::new());
    wait_for(
        "end",
        || Held::by(process, &folders).beside(&before),
        Option::is_none,
    );
    let alive: Vec<&Process> = seen.iter().filter(|it| it.is_alive()).collect();
    assert!(alive.is_empty(), "{alive:?} of {}", seen.len());
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);

    // Who waits in the kernel is never put on a CPU: in two seconds not once.
    wait_for(
        "rest",
        || {
            let before = process.switches();
            thread::sleep(STILL);
            process.switches() - before
        },
        |switches| *switches == 0,
    );
    let resident = process.resident_kib();
    assert!(resident < MOST_KIB, "{resident} KiB");
    terminal.press("q");
    assert!(terminal.child.wait().unwrap().success());
}

#[test]
fn a_terminal_that_goes_away_takes_the_program_with_it() {
    build_the_grader();
    let copy = copy();
    let terminal = Terminal::start(&mut watch(copy.path()));
    terminal.shows(&["waiting for a save", "not attempted: 0 of"]);
    let process = Process::of(terminal.child.id()).unwrap();
    save(copy.path(), &solution("src/bin/hello-pipe.rs"));
    wait_for("grader", || process.children(), |it| !it.is_empty());
    let family = process.descendants();
    terminal.hang_up();
    wait_for(
        "end",
        || {
            (
                process.is_alive(),
                family.iter().filter(|it| it.is_alive()).count(),
            )
        },
        |left| *left == (false, 0),
    );
}

#[test]
fn a_terminal_that_closes_without_a_signal_ends_the_program() {
    build_the_grader();
    let copy = copy();
    let mut command = watch(copy.path());
    let mut child = in_a_terminal_that_closes(command.arg("hello-pipe"), "waiting for a save");
    // It ends by itself: there is nobody left who could press a key. How it ends is nobody's to see.
    child.wait().unwrap();
}
