//! Commands of the grader, each a process that can be ended.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};

use grader::cli::screen::Letters;
use grader::verdict::Report;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::state::{Outcome, Work};

/// How commands are started.
#[derive(Debug, Clone)]
pub(crate) struct Starter {
    grader: PathBuf,
    root: PathBuf,
    letters: Letters,
    /// Columns that texts may have.
    pub(crate) columns: u16,
}

/// A command under way. Dropping it ends the command.
#[derive(Debug)]
pub(crate) struct Job {
    child: Child,
    work: Work,
    out: Option<JoinHandle<Vec<u8>>>,
    err: Option<JoinHandle<Vec<u8>>>,
}

impl Starter {
    /// Commands for the checkout in `root`.
    ///
    /// # Errors
    /// When the grader's program is not beside this one.
    pub(crate) fn new(root: &Path, letters: Letters) -> anyhow::Result<Self> {
        let own = std::env::current_exe()?;
        let grader = own.with_file_name("grader");
        anyhow::ensure!(
            grader.is_file(),
            "find the grader: {} is not there; start this with `cargo grade watch`",
            grader.display()
        );
        Ok(Self {
            grader,
            root: root.to_path_buf(),
            letters,
            columns: 80,
        })
    }

    /// Starts a command; `ended` is told when it says nothing more.
    ///
    /// # Errors
    /// When no process can be made.
    pub(crate) fn start(
        &self,
        work: Work,
        ended: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<Job> {
        let mut command = Command::new(&self.grader);
        command.args(self.arguments(&work)).current_dir(&self.root);
        if self.letters == Letters::Ascii {
            command.arg("--ascii");
        }
        command.env("COLUMNS", self.columns.to_string());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let err = child.stderr.take().map(collect);
        let out = child.stdout.take().map(|mut stdout| {
            thread::spawn(move || {
                let mut bytes = Vec::new();
                // What was read counts; an error is an end like any other.
                let _ = stdout.read_to_end(&mut bytes);
                ended();
                bytes
            })
        });
        Ok(Job {
            child,
            work,
            out,
            err,
        })
    }

    fn arguments(&self, work: &Work) -> Vec<OsString> {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        match work {
            Work::Grade(names) => {
                let mut words = words(&["--format", "json"]);
                words.extend(names.iter().map(OsString::from));
                words
            }
            Work::Draw(name) => words(&["timeline", name, "--words"]),
            Work::Compare(name) => words(&["timeline", name, "--compare"]),
            Work::Reset(name) => words(&["reset", name, "--yes"]),
            Work::Open(name) => {
                let mut words = words(&["timeline", name, "--html"]);
                words.push(self.page(name).into_os_string());
                words
            }
        }
    }

    /// Where the picture of an exercise goes.
    pub(crate) fn page(&self, exercise: &str) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let target = target.unwrap_or_else(|| self.root.join("target"));
        target.join("forklings").join(format!("{exercise}.html"))
    }
}

impl Job {
    /// What it is at.
    pub(crate) fn work(&self) -> &Work {
        &self.work
    }

    /// Waits for the end, which is near, and says what came of it.
    pub(crate) fn outcome(mut self) -> Outcome {
        let join = |it: Option<JoinHandle<Vec<u8>>>| it.and_then(|it| it.join().ok());
        let out = join(self.out.take()).unwrap_or_default();
        let err = join(self.err.take()).unwrap_or_default();
        let code = self.child.wait().ok().and_then(|status| status.code());
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        match (&self.work, code) {
            (Work::Grade(_), Some(0 | 1)) => match serde_json::from_slice::<Report>(&out) {
                Ok(report) => Outcome::Graded(Box::new(report)),
                Err(error) => Outcome::Failed(format!("the grader's report is not one: {error}")),
            },
            (_, Some(0)) => Outcome::Said(String::from_utf8_lossy(&out).into_owned()),
            // The compiler's message is the picture of what does not compile.
            (Work::Draw(_), Some(1)) => Outcome::Said(said(&err)),
            _ => Outcome::Failed(said(&err)),
        }
    }
}

impl Drop for Job {
    /// Asks the command to end, as Ctrl-C does, which ends its runs and leaves nothing; and waits for that.
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait()
            && let Ok(pid) = i32::try_from(self.child.id())
        {
            // It is this program's own child and not yet waited for, so the number is its own.
            let _ = kill(Pid::from_raw(pid), Signal::SIGINT);
        }
        let _ = self.child.wait();
    }
}

fn collect(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

/// Opens a page in the browser, where there is one, and says what was done.
pub(crate) fn open(page: &Path) -> String {
    let quiet = || Stdio::null();
    let opener = Command::new("xdg-open")
        .arg(page)
        .stdin(quiet())
        .stdout(quiet())
        .stderr(quiet())
        .spawn();
    if let Ok(mut opener) = opener {
        // It ends when the browser has taken the page; until then somebody has to wait for it.
        thread::spawn(move || opener.wait());
    }
    format!("the picture is in {}", page.display())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    /// How long anything may take on the busiest machine.
    const DEADLINE: Duration = Duration::from_secs(60);

    /// A job of a grader that notes its number in a file and then does this.
    fn job(folder: &Path, does: &str) -> Job {
        let grader = folder.join("grader");
        let script = format!("#!/bin/sh\necho $$ > number.new\nmv number.new number\n{does}\n");
        fs::write(&grader, script).unwrap();
        fs::set_permissions(&grader, fs::Permissions::from_mode(0o755)).unwrap();
        let starter = Starter {
            grader,
            root: folder.to_path_buf(),
            letters: Letters::OfTheLocale,
            columns: 80,
        };
        starter.start(Work::Draw("x".to_owned()), || {}).unwrap()
    }

    #[test]
    fn a_job_that_never_ends_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let job = job(folder.path(), "exec sleep 1000");
        let number = folder.path().join("number");
        while !number.exists() {
            thread::yield_now();
        }
        let number = fs::read_to_string(number).unwrap();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            drop(job);
            tell.send(()).unwrap();
        });
        told.recv_timeout(DEADLINE)
            .expect("it was waited for in vain");
        assert!(!Path::new("/proc").join(number.trim()).exists());
    }

    #[test]
    fn what_a_job_says_is_what_came_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let said = |does: &str| job(folder.path(), does).outcome();
        assert_eq!(said("echo lanes"), Outcome::Said("lanes\n".to_owned()));
        let failed = Outcome::Failed("error: no".to_owned());
        assert_eq!(said("echo 'error: no' >&2; exit 3"), failed);
    }
}
