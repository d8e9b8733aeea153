//! Runs: starts a runner for one case, and gets its record.
//!
//! This is the grader's side of the process border; the other side is [`crate::sandbox::runner`].

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::course::intervention::{Action, Intervention, Lasting};
use crate::course::{Case, Limits, Needs};
use crate::record::{ANY_CALL, Layer, Record};
use crate::sandbox::interrupt::Next;
use crate::sandbox::{RUNNER_ARGUMENT, RunRequest, family, interrupt, spawn};
use crate::trace::calls::{self, Data};
use crate::trace::interventions::{Act, Plan, Planned};

/// How long a runner may take beyond its case's wall-clock limit, on a busy machine.
const RUNNER_PATIENCE: Duration = Duration::from_secs(60);

/// How long a runner may take to end its run and itself once it has lost its lifeline, on a busy machine.
const RUNNER_END: Duration = Duration::from_secs(60);

/// Why there is no record of a run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The runner cannot be started.
    #[error("start the runner")]
    Start {
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The runner could not do its work.
    #[error("run {what}: {said}")]
    Runner {
        /// What was to be run.
        what: String,
        /// What the runner said.
        said: String,
    },
    /// Somebody asked the grader to end.
    #[error("finish: interrupted")]
    Interrupted,
}

impl RunError {
    /// The runner's fault, whatever it was to run.
    fn runner(said: impl Into<String>) -> Self {
        Self::Runner {
            what: "the program".to_owned(),
            said: said.into(),
        }
    }

    /// The same where more is known about what was to be run.
    fn about(self, what: String) -> Self {
        match self {
            Self::Runner { said, .. } => Self::Runner { what, said },
            Self::Start { .. } | Self::Interrupted => self,
        }
    }
}

/// What came of a run.
#[derive(Debug)]
pub enum Outcome {
    /// The run was recorded.
    Recorded(Box<Record>),
    /// The runner was killed while the program ran: only a process of the run can have done that.
    RunnerKilled,
}

/// Runs one case of a program in a folder of its own. Folders that are `hidden` are kept from it as far as
/// the host allows.
///
/// # Errors
/// When the grader could not do its work; never because of what the program does.
pub fn run_case(
    program: &Path,
    args: Vec<String>,
    case: &Case,
    needs: &Needs,
    data: Data,
    hidden: &[PathBuf],
) -> Result<Outcome, RunError> {
    let plan = plan(case);
    let request = RunRequest {
        program: Some(program.to_path_buf()),
        args,
        stdin: case.stdin.clone(),
        typed: case.typed.clone(),
        data: data != Data::OutputOnly || needs_data(&plan),
        memory: data == Data::TracedWithMemory,
        queues: needs.message_queues.is_some(),
        plan,
        expected_orphans: case.processes.left,
        hidden: hidden.to_vec(),
        ..nothing(&case.limits)
    };
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let case = case.name.as_ref();
    run(&request).map_err(|error| error.about(format!("`{name}`, case `{case}`")))
}

/// Runs a program of the grader's own, as answers are run.
///
/// # Errors
/// When the grader could not do its work.
pub fn run_own(program: &Path, args: Vec<String>, hidden: &[PathBuf]) -> Result<Outcome, RunError> {
    let request = RunRequest {
        program: Some(program.to_path_buf()),
        args,
        // It tries what exercises need.
        queues: true,
        hidden: hidden.to_vec(),
        ..nothing(&Limits::default())
    };
    run(&request)
}

/// Which protections runs have here: sets one up, and runs nothing in it. That takes as long as for any run, and the answer is
/// wanted late, so it goes on beside other work.
#[derive(Debug)]
pub struct Probe {
    thread: Option<JoinHandle<Result<Vec<Layer>, RunError>>>,
}

impl Probe {
    /// Begins to find out.
    #[must_use]
    pub fn begin() -> Self {
        let thread = std::thread::spawn(|| {
            let request = nothing(&Limits::default());
            match run(&request)? {
                Outcome::Recorded(record) => Ok(record.layers),
                Outcome::RunnerKilled => Err(killed()),
            }
        });
        Self {
            thread: Some(thread),
        }
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// When the grader could not do its work.
    pub fn layers(mut self) -> Result<Vec<Layer>, RunError> {
        let thread = self.thread.take();
        let answer = thread.and_then(|it| it.join().ok());
        answer.unwrap_or_else(|| Err(killed()))
    }
}

impl Drop for Probe {
    /// Nobody wants to know any more, but nothing is left behind.
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn killed() -> RunError {
    RunError::runner("it was killed")
}

/// A request to run nothing, within limits.
fn nothing(limits: &Limits) -> RunRequest {
    let mebibytes = |count: u32| u64::from(count) * 1024 * 1024;
    RunRequest {
        program: None,
        args: Vec::new(),
        stdin: String::new(),
        typed: None,
        // Not below the checkout: a socket's path has at most 107 bytes (`unix(7)`).
        folder: std::env::temp_dir(),
        data: false,
        memory: false,
        queues: false,
        plan: Plan::default(),
        expected_orphans: 0,
        wall_ms: u64::from(limits.wall_seconds) * 1000,
        cpu_seconds: limits.cpu_seconds.into(),
        output_bytes: limits.output_kib as usize * 1024,
        processes: limits.processes as usize,
        descriptors: limits.descriptors.into(),
        file_bytes: mebibytes(limits.file_mib),
        memory_bytes: mebibytes(limits.memory_mib),
        disk_bytes: mebibytes(limits.disk_mib),
        hidden: Vec::new(),
    }
}

/// What the case wants to be done to its run.
fn plan(case: &Case) -> Plan {
    let planned = |it: &Intervention| Planned {
        process: it.at.process.clone(),
        call: it.at.call.clone(),
        nth: it.at.nth,
        in_turn: it.at.in_turn,
        act: match it.action {
            Action::Stop(span) | Action::Delay(span) => Act::Hold(Duration::from_millis(span.ms)),
            Action::Kill => Act::Kill,
            Action::Signal(signal) => Act::Signal(signal.number()),
            Action::Errno(errno) => Act::Return(-i64::from(errno.number())),
            Action::Short(bytes) => Act::Short(bytes),
        },
    };
    Plan {
        interventions: case
            .interventions
            .iter()
            .map(|it| planned(it.as_ref()))
            .collect(),
        instant_sleeps: case.sleeps == Lasting::Instant,
        instant_timeouts: case.timeouts == Lasting::Instant,
    }
}

/// Whether an intervention waits at a call that moves data: those are traced only where they are asked for.
fn needs_data(plan: &Plan) -> bool {
    plan.interventions
        .iter()
        .any(|it| it.call == ANY_CALL || calls::moves_data(&it.call))
}

fn run(request: &RunRequest) -> Result<Outcome, RunError> {
    let mut line =
        serde_json::to_vec(request).map_err(|error| RunError::runner(error.to_string()))?;
    line.push(b'\n');
    let mut runner = start().map_err(|source| RunError::Start { source })?;
    let said = converse(&mut runner, &line, request);
    let status = end(&mut runner);
    if interrupt::is_requested() {
        return Err(RunError::Interrupted);
    }
    let said = said?;
    match status {
        // What else could have written to the runner's standard output than a process of the run?
        Some(status) if status.success() => Ok(serde_json::from_slice(&said)
            .map_or(Outcome::RunnerKilled, |record| {
                Outcome::Recorded(Box::new(record))
            })),
        Some(status) if status.code().is_some() => {
            let mut said = String::new();
            if let Some(mut stderr) = runner.stderr.take() {
                // The runner is dead, and so is whoever could have its pipe: its last words are in it.
                let _ = stderr.read_to_string(&mut said);
            }
            Err(RunError::runner(said.trim()))
        }
        _ => Ok(Outcome::RunnerKilled),
    }
}

/// Starts a runner.
fn start() -> io::Result<Child> {
    let mut own = family::own_children();
    // `/proc/self/exe` is this very program, even when its file has been replaced since.
    let mut runner = Command::new("/proc/self/exe");
    runner
        .arg(RUNNER_ARGUMENT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let runner = spawn::in_own_session(&mut runner).spawn()?;
    own.push(pid_of(&runner));
    Ok(runner)
}

fn pid_of(runner: &Child) -> i32 {
    i32::try_from(runner.id()).unwrap_or(0)
}

/// Sends the request and reads what the runner says: its record, in the end.
fn converse(runner: &mut Child, line: &[u8], request: &RunRequest) -> Result<Vec<u8>, RunError> {
    if let Some(stdin) = runner.stdin.as_mut() {
        // A runner that has died already is seen by the missing record.
        let _ = stdin.write_all(line);
    }
    let deadline = Instant::now() + 2 * Duration::from_millis(request.wall_ms) + RUNNER_PATIENCE;
    let pid = pid_of(runner);
    let Some(mut stdout) = runner.stdout.take() else {
        return Ok(Vec::new());
    };
    read_until(&mut stdout, deadline, pid)
}

/// Reads to the end of file, looking now and then whether the runner can go on and whether somebody wants the grader
/// to end.
fn read_until(
    stdout: &mut ChildStdout,
    deadline: Instant,
    runner: i32,
) -> Result<Vec<u8>, RunError> {
    let failed = |error: io::Error| RunError::runner(error.to_string());
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match interrupt::wait_for_bytes(stdout).map_err(failed)? {
            Next::Read => match stdout.read(&mut buffer) {
                Ok(0) => return Ok(bytes),
                Ok(count) => bytes.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            },
            Next::End => return Err(RunError::Interrupted),
            // Only a process of the run stops it, and it would not go on by itself.
            Next::Look if family::state(runner) == Some('T') => return Ok(bytes),
            Next::Look if Instant::now() >= deadline => {
                return Err(RunError::runner("the runner does not answer"));
            }
            Next::Look => {}
        }
    }
}

/// Waits for the end of a runner that has said all it has to say, or has nothing to say any more: without its lifeline
/// it ends its run and itself. One that cannot is killed, and with it what is left of its run.
fn end(runner: &mut Child) -> Option<ExitStatus> {
    drop(runner.stdin.take());
    let pid = pid_of(runner);
    let deadline = Instant::now() + RUNNER_END;
    let mut status = runner.try_wait();
    while matches!(status, Ok(None)) {
        if family::state(pid) == Some('T') || Instant::now() >= deadline {
            let _ = runner.kill();
            status = runner.wait().map(Some);
        } else {
            std::thread::sleep(Duration::from_micros(200));
            status = runner.try_wait();
        }
    }
    let mut own = family::own_children();
    own.retain(|it| *it != pid);
    let status = status.ok().flatten();
    if status.is_none_or(|status| status.code().is_none()) {
        // The grader is a child subreaper too, so the processes of a killed runner's run are its children now.
        family::end_children_except(&own);
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_the_runner_names_what_was_to_be_run() {
        let of = |error: RunError| error.about("`hello-pipe`, case `one`".to_owned());
        assert_eq!(
            of(RunError::runner("the disk is full")).to_string(),
            "run `hello-pipe`, case `one`: the disk is full"
        );
        assert_eq!(of(RunError::Interrupted).to_string(), "finish: interrupted");
    }
}
