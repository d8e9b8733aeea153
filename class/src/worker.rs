//! Workers: processes that judge, each with a build folder of its own.
//!
//! A worker that is killed, or gives up, costs the submission at hand one try and nothing else. It talks in lines of JSON on its
//! standard input and output, which no student's program ever has; it ends when its starter does.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use grader::course::Course;
use grader::grade::kept::{Keep, Kept};
use grader::grade::{Attempt, ErrorKind, Grader, Options};
use grader::progress::Silent;
use grader::sandbox::interrupt::{self, Next};
use grader::sources::Sources;
use grader::verdict::Verdict;
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};

/// The first argument of a worker.
pub(crate) const WORKER_ARGUMENT: &str = "--class-worker";

/// How many programs a worker runs at once: some of them only wait.
const RUNS: usize = 2;

/// How long a worker may take for one submission: builds and runs have limits of their own, far below this in sum.
const PATIENCE: Duration = Duration::from_secs(3600);

/// How long another run's workers may take to end before a folder of its own is made.
const CLAIM: Duration = Duration::from_secs(5);

/// Letters of what a worker said that are repeated.
const SAID: u64 = 4000;

/// What a worker is asked for.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    /// Exercises with the texts of the answers.
    attempts: Vec<(String, Sources)>,
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reply {
    /// The verdicts in the order of the attempts, what the host lacks, and what is kept of the runs by the places of their attempts.
    Judged {
        verdicts: Vec<Verdict>,
        lacking: Vec<String>,
        kept: BTreeMap<usize, Kept>,
    },
    /// The grader could not work; another try may help.
    Failed(String),
    /// The course is faulty: no try will help anybody.
    Faulty(String),
    /// Somebody asked it to end.
    Interrupted,
}

/// The worker's side.
pub(crate) fn main() -> ExitCode {
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "failed to {error:#}");
            ExitCode::from(3)
        }
    }
}

fn work() -> anyhow::Result<()> {
    let parent = nix::unistd::getppid();
    nix::sys::prctl::set_pdeathsig(Signal::SIGTERM).context("follow the starter's end")?;
    interrupt::remember_requests();
    if nix::unistd::getppid() != parent {
        return Ok(());
    }
    let here = std::env::current_dir().context("read the current folder")?;
    let course = Course::find(&here)?;
    let seed = std::env::args().nth(2).context("read the seed")?;
    let options = Options {
        seed,
        jobs: RUNS,
        keep: Keep::Failed,
        ..Options::default()
    };
    let mut grader = Grader::new(&course, &options)?;
    let mut lines = Vec::new();
    while let Some(line) = next_line(&mut lines)? {
        let request: Request = serde_json::from_slice(&line).context("understand the request")?;
        let reply = judge(&course, &mut grader, request);
        let is_over = matches!(reply, Reply::Interrupted);
        let mut text = serde_json::to_vec(&reply)?;
        text.push(b'\n');
        let mut stdout = io::stdout().lock();
        stdout.write_all(&text).and_then(|()| stdout.flush())?;
        if is_over {
            break;
        }
    }
    Ok(())
}

/// The next line of standard input; `None` at its end, or when somebody wants this process to end.
fn next_line(pending: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    let stdin = io::stdin();
    loop {
        if let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            return Ok(Some(pending.drain(..=end).collect()));
        }
        match interrupt::wait_for_bytes(&stdin)? {
            Next::Look => continue,
            Next::End => return Ok(None),
            Next::Read => {}
        }
        let mut buffer = [0; 64 * 1024];
        // Not through `stdin`'s own buffer, into which poll(2) cannot look.
        let count = nix::unistd::read(&stdin, &mut buffer)?;
        if count == 0 {
            return Ok(None);
        }
        pending.extend(&buffer[..count]);
    }
}

fn judge<'a>(course: &'a Course, grader: &mut Grader<'a>, request: Request) -> Reply {
    let mut attempts = Vec::new();
    for (name, source) in request.attempts {
        match course.exercise(&name) {
            Ok(exercise) => attempts.push(Attempt { exercise, source }),
            Err(unknown) => return Reply::Faulty(unknown.to_string()),
        }
    }
    let judged = grader.judge(&attempts, &Silent);
    let judged = judged.and_then(|verdicts| {
        grader.forget_answers()?;
        Ok(verdicts)
    });
    match judged {
        Ok(verdicts) => Reply::Judged {
            verdicts,
            lacking: grader.notes(),
            kept: grader.take_kept(),
        },
        Err(error) => {
            let kind = error.kind();
            let said = format!("{:#}", anyhow::Error::from(error));
            match kind {
                ErrorKind::Interrupted => Reply::Interrupted,
                ErrorKind::Description => Reply::Faulty(said),
                ErrorKind::Infrastructure | ErrorKind::Submission => Reply::Failed(said),
            }
        }
    }
}

/// What workers are started with.
#[derive(Debug)]
pub(crate) struct Starter {
    /// The course's folder.
    root: PathBuf,
    /// The folder of the workers' folders.
    folder: PathBuf,
    seed: String,
}

/// A build folder that nobody else uses.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    path: PathBuf,
    _lock: Arc<File>,
}

/// A worker, seen from its starter. Dropping it ends the process.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    stderr: File,
}

impl Starter {
    pub(crate) fn new(root: &Path, work: &Path, seed: &str) -> Self {
        Self {
            root: root.to_path_buf(),
            folder: work.join("class"),
            seed: seed.to_owned(),
        }
    }

    /// Claims folders for so many workers: those that are warm, once their workers have ended, and new ones otherwise.
    ///
    /// # Errors
    /// When a folder cannot be made.
    pub(crate) fn claim(&self, count: usize) -> io::Result<Vec<Claim>> {
        let deadline = Instant::now() + CLAIM;
        let mut claims: Vec<Claim> = Vec::new();
        let mut number = 0;
        while claims.len() < count {
            let path = self.folder.join(number.to_string());
            fs::create_dir_all(&path)?;
            let mut options = File::options();
            let options = options.create(true).truncate(false).write(true);
            let lock = options.open(path.join("claimed"))?;
            match lock.try_lock() {
                Ok(()) => {
                    let lock = Arc::new(lock);
                    claims.push(Claim { path, _lock: lock });
                }
                Err(fs::TryLockError::WouldBlock) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(20));
                    continue;
                }
                Err(fs::TryLockError::WouldBlock) => {}
                Err(fs::TryLockError::Error(error)) => return Err(error),
            }
            number += 1;
        }
        Ok(claims)
    }

    /// Starts a worker. The thread that starts it must live as long as it does: its end is the worker's, see
    /// `PR_SET_PDEATHSIG(2const)`.
    ///
    /// # Errors
    /// When no process can be made.
    pub(crate) fn start(&self, claim: &Claim) -> io::Result<Worker> {
        let stderr = tempfile::tempfile()?;
        let child = Command::new("/proc/self/exe")
            .args([WORKER_ARGUMENT, &self.seed])
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &claim.path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr.try_clone()?)
            .spawn()?;
        Ok(Worker { child, stderr })
    }
}

impl Worker {
    /// Has answers judged. An error says that this worker is of no use any more.
    ///
    /// # Errors
    /// When the worker does not answer.
    pub(crate) fn judge(&mut self, attempts: &[Attempt<'_>]) -> Result<Reply, String> {
        let named = attempts.iter().map(|attempt| {
            let name = attempt.exercise.name().to_owned();
            (name, attempt.source.clone())
        });
        let request = Request {
            attempts: named.collect(),
        };
        let reply = self.ask(&request);
        reply.map_err(|error| {
            if interrupt::is_requested() {
                return String::new();
            }
            let _ = self.child.kill();
            let ending = match self.child.wait() {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            };
            format!("the worker ended ({ending}): {error} {}", self.last_words())
        })
    }

    fn ask(&mut self, request: &Request) -> anyhow::Result<Reply> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        let stdin = self.child.stdin.as_mut().context("no standard input")?;
        stdin.write_all(&line)?;
        stdin.flush()?;
        let stdout = self.child.stdout.as_mut().context("no standard output")?;
        let deadline = Instant::now() + PATIENCE;
        let mut text = Vec::new();
        let mut reader = BufReader::new(stdout);
        loop {
            // A worker that was asked to end as well answers before it ends.
            match interrupt::wait_for_bytes(reader.get_ref())? {
                Next::Look if Instant::now() > deadline => anyhow::bail!("it took too long"),
                Next::Look => continue,
                Next::End => return Ok(Reply::Interrupted),
                Next::Read => {}
            }
            let count = reader.fill_buf()?.len();
            if count == 0 {
                anyhow::bail!("it said nothing more");
            }
            reader.read_until(b'\n', &mut text)?;
            if text.ends_with(b"\n") {
                return Ok(serde_json::from_slice(&text)?);
            }
        }
    }

    fn last_words(&mut self) -> String {
        let mut said = Vec::new();
        let stderr = &mut self.stderr;
        let read = stderr
            .rewind()
            .and_then(|()| stderr.take(SAID).read_to_end(&mut said));
        match read {
            Ok(_) => String::from_utf8_lossy(&said).trim().to_owned(),
            Err(_) => String::new(),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Without requests it ends by itself; one that is at work is asked to, so that its runs end with it.
        drop(self.child.stdin.take());
        if interrupt::is_requested()
            && let Ok(pid) = i32::try_from(self.child.id())
        {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGTERM);
        }
        let _ = self.child.wait();
    }
}
