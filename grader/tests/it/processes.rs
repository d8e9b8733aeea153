//! Misbehaving programs, and processes as a test sees them: found by the folder they live in, waited for with a deadline.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::sync::mpsc;
use std::sync::{LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::{Duration, Instant};

use grader::record::Mode;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The mode in which these tests run programs: what the environment asks for, or the host allows.
pub(crate) fn mode() -> Mode {
    static MODE: LazyLock<Mode> = LazyLock::new(|| {
        let record = super::rows::record_of("ending", &["code", "0"]);
        Mode::of(&record.layers)
    });
    *MODE
}

/// How long a condition may take on the busiest machine.
const DEADLINE: Duration = Duration::from_secs(120);

/// The host's shared memory objects. Whoever runs programs reads them: a run that ends finds what others have left.
static OBJECTS: RwLock<()> = RwLock::new(());

/// Where runs that leave nothing on the host may go on at once.
pub(crate) fn among_others() -> RwLockReadGuard<'static, ()> {
    OBJECTS.read().unwrap_or_else(PoisonError::into_inner)
}

/// Where a run may leave objects on the host, because no other goes on.
pub(crate) fn alone() -> RwLockWriteGuard<'static, ()> {
    OBJECTS.write().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until the condition holds.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Checks that no process lives in the folder, in whatever session and whoever its parent.
#[track_caller]
pub(crate) fn assert_nobody_in(folder: &Path) {
    let alive = alive_in(folder);
    assert!(alive.is_empty(), "still alive: {alive:#?}");
}

/// The command lines of the processes that were started in the folder or have it in their environment.
pub(crate) fn alive_in(folder: &Path) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let inhabitants = processes.filter(|process| lives_in(&process.path(), folder));
    let command_line = |process: fs::DirEntry| {
        let words = fs::read(process.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).replace('\0', " ")
    };
    inhabitants.map(command_line).collect()
}

/// A file in the working folder of a run below `folder`, as the test reaches it: the program may have a file system of its own.
pub(crate) fn file_of_run(folder: &Path, name: &str) -> Option<PathBuf> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let inhabitants = processes.filter(|process| lives_in(&process.path(), folder));
    let mut files = inhabitants.map(|process| process.path().join("cwd").join(name));
    files.find(|file| file.exists())
}

/// Removes such a file, for which the program waits. To make one is not possible everywhere: root has no id in a run's user
/// namespace, and who has none can make nothing.
pub(crate) fn take_from_run(folder: &Path, name: &str) {
    let file = file_of_run(folder, name).expect("the run is under way");
    fs::remove_file(file).unwrap();
}

fn lives_in(process: &Path, folder: &Path) -> bool {
    let name = folder.as_os_str().as_bytes();
    let environment = fs::read(process.join("environ")).unwrap_or_default();
    let started_there = environment.windows(name.len()).any(|part| part == name);
    started_there || fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder))
}

/// The same command, without root's right to pass over permissions: as every other user would give it.
pub(crate) fn unprivileged(command: &Command) -> Command {
    let mut same = if nix::unistd::geteuid().is_root() {
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--bounding-set", "-dac_override,-dac_read_search"]);
        setpriv.arg(command.get_program());
        setpriv
    } else {
        Command::new(command.get_program())
    };
    imitate(&mut same, command);
    same
}

/// Gives a command the arguments, the environment and the folder of another.
pub(crate) fn imitate(command: &mut Command, other: &Command) {
    command.args(other.get_args());
    if let Some(folder) = other.get_current_dir() {
        command.current_dir(folder);
    }
    for (name, value) in other.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
}

/// The same command for which no signal is ignored: a shell has its commands in the background ignore Ctrl-C, and tests may be one.
pub(crate) fn heeding_signals(typed: &Command) -> Command {
    let mut command = Command::new("env");
    command
        .arg("--default-signal=HUP,INT,TERM")
        .arg(typed.get_program());
    imitate(&mut command, typed);
    command
}

/// What a process says until it ends. One that does not is killed.
#[track_caller]
pub(crate) fn output_of(child: Child) -> Output {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || done.send(child.wait_with_output()));
    let output = is_done.recv_timeout(DEADLINE);
    let output = output.unwrap_or_else(|error| {
        // It is not reaped yet, or there would be an output: its number is its own.
        let _ = kill(pid, Signal::SIGKILL);
        panic!("process {pid} does not end: {error}");
    });
    output.unwrap()
}

/// A program of `tests/programs`. All are compiled, at once, when the first is asked for.
pub(crate) fn program(name: &str) -> PathBuf {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(compile_all);
    FOLDER.join(name)
}

fn compile_all() -> PathBuf {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let mut hash = DefaultHasher::new();
    let mut paths: Vec<PathBuf> = fs::read_dir(sources)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    for path in &paths {
        (path, fs::read(path).unwrap()).hash(&mut hash);
    }
    // Kept for the next time, and for other processes that have the same tests.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{:x}", hash.finish()));
    fs::create_dir_all(&folder).unwrap();
    thread::scope(|scope| {
        for path in &paths {
            scope.spawn(|| compile(path, &folder));
        }
    });
    folder
}

fn compile(source: &Path, folder: &Path) {
    let program = folder.join(source.file_stem().unwrap());
    if program.exists() {
        return;
    }
    let part = program.with_extension(std::process::id().to_string());
    let output = Command::new("rustc")
        .args(["--edition", "2024", "-D", "warnings", "-o"])
        .args([&part, source])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", source.display());
    fs::rename(part, program).unwrap();
}
