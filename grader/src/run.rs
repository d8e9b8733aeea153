//! Runs: starts a runner for one case, and gets its record.
//!
//! This is the grader's side of the process border; the other side is [`crate::sandbox::runner`].

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};

use crate::course::Case;
use crate::record::Record;
use crate::sandbox::{RUNNER_ARGUMENT, RunRequest, family, interrupt};

/// How long a runner may take beyond its case's wall-clock limit, on a busy machine.
const RUNNER_PATIENCE: Duration = Duration::from_secs(60);

/// How often a waiting grader looks whether somebody wants it to end.
const LOOK: u16 = 100;

/// Why there is no record of a run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The folder of the run cannot be made.
    #[error("make a folder for the run in {path} (is the disk full?)")]
    Folder {
        /// Where it would be.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The runner cannot be started.
    #[error("start the runner")]
    Start {
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The runner could not do its work.
    #[error("run the program: {said}")]
    Runner {
        /// What the runner said.
        said: String,
    },
    /// Somebody asked the grader to end.
    #[error("finish: interrupted")]
    Interrupted,
}

/// What came of a run.
#[derive(Debug)]
pub enum Outcome {
    /// The run was recorded.
    Recorded(Box<Record>),
    /// The runner was killed while the program ran: only a process of the run can have done that.
    RunnerKilled,
}

/// The runners that are at work, so that what a killed one leaves can be told from them.
static RUNNERS: Mutex<Vec<i32>> = Mutex::new(Vec::new());

/// Runs one case of a program in a folder of its own, and removes the folder.
///
/// # Errors
/// When the grader could not do its work; never because of what the program does.
pub fn run_case(program: &Path, args: Vec<String>, case: &Case) -> Result<Outcome, RunError> {
    // Not below the checkout: a socket's path has at most 107 bytes (`unix(7)`).
    let folder = tempfile::Builder::new()
        .prefix("run-")
        .tempdir()
        .map_err(|source| RunError::Folder {
            path: std::env::temp_dir(),
            source,
        })?;
    let limits = &case.limits;
    let request = RunRequest {
        program: program.to_path_buf(),
        args,
        stdin: case.stdin.clone(),
        folder: folder.path().to_path_buf(),
        expected_orphans: case.processes.left,
        wall_ms: u64::from(limits.wall_seconds) * 1000,
        cpu_seconds: limits.cpu_seconds.into(),
        output_bytes: limits.output_kib as usize * 1024,
        processes: limits.processes as usize,
        descriptors: limits.descriptors.into(),
        file_bytes: u64::from(limits.file_mib) * 1024 * 1024,
    };
    let outcome = run(&request);
    make_removable(folder.path());
    // What still cannot be removed stays in the temporary folder, which the system empties.
    let _ = folder.close();
    outcome
}

fn run(request: &RunRequest) -> Result<Outcome, RunError> {
    let mut line = serde_json::to_vec(request).map_err(|error| RunError::Runner {
        said: error.to_string(),
    })?;
    line.push(b'\n');
    // Held until the new runner is known: nobody may take it for a stranger.
    let mut runners = runners();
    // `/proc/self/exe` is this very program, even when its file has been replaced since.
    let mut runner = Command::new("/proc/self/exe")
        .arg(RUNNER_ARGUMENT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| RunError::Start { source })?;
    let pid = i32::try_from(runner.id()).unwrap_or(0);
    runners.push(pid);
    drop(runners);
    let outcome = converse(&mut runner, &line, request);
    // Without its lifeline a runner that is still there ends its run and itself.
    drop(runner.stdin.take());
    let status = runner.wait();
    self::runners().retain(|it| *it != pid);
    match outcome? {
        Some(record) => Ok(Outcome::Recorded(Box::new(record))),
        None if status.is_ok_and(|status| status.success()) => Err(RunError::Runner {
            said: "there is no record".to_owned(),
        }),
        None => {
            let mut said = String::new();
            if let Some(mut stderr) = runner.stderr.take() {
                // The runner is dead: its last words are in the pipe.
                let _ = stderr.read_to_string(&mut said);
            }
            if said.trim().is_empty() {
                end_adopted();
                return Ok(Outcome::RunnerKilled);
            }
            Err(RunError::Runner {
                said: said.trim().to_owned(),
            })
        }
    }
}

/// Sends the request and reads the record; `None` when the runner ended without one.
fn converse(
    runner: &mut Child,
    line: &[u8],
    request: &RunRequest,
) -> Result<Option<Record>, RunError> {
    if let Some(stdin) = runner.stdin.as_mut() {
        // A runner that has died already is seen by the missing record.
        let _ = stdin.write_all(line);
    }
    let Some(mut stdout) = runner.stdout.take() else {
        return Ok(None);
    };
    let deadline = Instant::now() + 2 * Duration::from_millis(request.wall_ms) + RUNNER_PATIENCE;
    let bytes = read_until(&mut stdout, deadline)?;
    Ok(serde_json::from_slice(&bytes).ok())
}

/// Reads to the end of file, looking now and then whether somebody wants the grader to end.
fn read_until(stdout: &mut ChildStdout, deadline: Instant) -> Result<Vec<u8>, RunError> {
    let runner = |said: String| RunError::Runner { said };
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let mut source = [PollFd::new(stdout.as_fd(), PollFlags::POLLIN)];
        match poll(&mut source, LOOK) {
            Ok(0) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(runner(errno.to_string())),
            Ok(_) => match stdout.read(&mut buffer) {
                Ok(0) => return Ok(bytes),
                Ok(count) => bytes.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(runner(error.to_string())),
            },
        }
        if interrupt::is_requested() {
            return Err(RunError::Interrupted);
        }
        if Instant::now() >= deadline {
            return Err(runner("the runner does not answer".to_owned()));
        }
    }
}

/// Ends what a killed runner left: the grader is a child subreaper too, so the processes of that run are its children
/// now, and none of them is a runner.
fn end_adopted() {
    family::end_children_except(&runners());
}

fn runners() -> MutexGuard<'static, Vec<i32>> {
    // A list of numbers is whole even when a thread panicked while it held the lock.
    RUNNERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the owner every right to a run's folders, so that they can be removed.
fn make_removable(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let Ok(data) = fs::symlink_metadata(folder) else {
        return;
    };
    if !data.is_dir() {
        return;
    }
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        make_removable(&entry.path());
    }
}
