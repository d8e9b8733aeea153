//! Driver of `daemonize`: asks the daemon what it has kept of its starter, and prints the answers.
//!
//! Usage: `daemonize [CODE]`. CODE is the exit code of the daemon.
//!
//! The daemon has no descriptor of its starter's, so its answers come through a FIFO, by name.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nix::sys::stat::Mode;
use nix::unistd::{Pid, getpid, getsid, mkfifo, pipe};

use crate::program::{Program, print_line};

/// The service that the daemon is to provide.
#[derive(Debug)]
pub struct Service {
    code: u8,
    main: Pid,
    session: Pid,
    folder: PathBuf,
    pid_file: PathBuf,
}

impl Service {
    /// The absolute path of the file in which the daemon's pid is to stand, as a line.
    #[must_use]
    pub fn pid_file(&self) -> &Path {
        &self.pid_file
    }

    /// Serves in the calling process, which must be the daemon. Returns the exit code to leave with.
    #[must_use]
    pub fn serve(&self) -> i32 {
        let answers = self.answers();
        // Comes back when the main process has opened it for reading.
        let sent = File::options()
            .write(true)
            .open(self.fifo())
            .and_then(|mut fifo| fifo.write_all(answers.as_bytes()));
        match sent {
            Ok(()) => self.code.into(),
            Err(_) => nix::libc::EXIT_FAILURE,
        }
    }

    fn fifo(&self) -> PathBuf {
        self.folder.join("answers")
    }

    fn answers(&self) -> String {
        let mut lines = Vec::new();
        lines.push(match getpid() {
            main if main == self.main => "process: that of its starter".to_owned(),
            _ => "process: one of its own".to_owned(),
        });
        lines.push(match getsid(None) {
            Ok(session) if session == self.session => {
                "session: that of its starter, with its terminal".to_owned()
            }
            Ok(session) if session == getpid() => {
                "session: led by the daemon, which can get a terminal".to_owned()
            }
            _ => "session: a new one, without a terminal".to_owned(),
        });
        lines.push(format!("working folder: {}", working_folder()));
        let descriptors = open_descriptors();
        for number in 0..=2 {
            let found = descriptors.iter().find(|(it, _)| *it == number);
            let what = match found {
                Some((_, link)) if link == "/dev/null" => "/dev/null",
                Some(_) => "inherited from its starter",
                None => "closed",
            };
            lines.push(format!("descriptor {number}: {what}"));
        }
        let others = descriptors.iter().filter(|(number, _)| *number > 2);
        lines.push(match others.count() {
            0 => "other descriptors: none".to_owned(),
            _ => "other descriptors: some, inherited or left open".to_owned(),
        });
        let pid = fs::read_to_string(&self.pid_file);
        let named = pid.as_ref().ok().and_then(|text| text.strip_suffix('\n'));
        lines.push(match named {
            Some(named) if named == getpid().to_string() => "pid file: names the daemon".to_owned(),
            Some(_) => "pid file: names another process".to_owned(),
            None if pid.is_ok() => "pid file: not a line".to_owned(),
            None => "pid file: not there".to_owned(),
        });
        lines.push(format!("it leaves with code {}", self.code));
        lines.join("\n")
    }
}

/// What the student writes: start a daemon that serves.
pub type Daemonize = fn(service: &Service) -> io::Result<()>;

/// Runs the exercise.
#[must_use]
pub fn drive(daemonize: Daemonize) -> ExitCode {
    let program = Program::begin();
    let Some(code) = std::env::args()
        .nth(1)
        .map_or(Some(0), |word| word.parse().ok())
    else {
        eprintln!("usage: daemonize [CODE]: an exit code, 0 to 255");
        return ExitCode::from(2);
    };
    let service = match prepare(code) {
        Ok(service) => service,
        Err(error) => {
            eprintln!("daemonize cannot begin: {error}");
            return ExitCode::FAILURE;
        }
    };
    // The starter's own business: a connection that is open, and not close-on-exec. It is none of the daemon's.
    let connection = pipe();
    let result = daemonize(&service);
    program.only_the_parent_returns_from("daemonize");
    let answers = result.and_then(|()| {
        let mut answers = String::new();
        File::open(service.fifo())?.read_to_string(&mut answers)?;
        Ok(answers)
    });
    drop(connection);
    // What cannot be removed was never made.
    let _ = fs::remove_dir_all(&service.folder);
    program.end("daemonize", answers, |answers| print_line(&answers))
}

fn prepare(code: u8) -> io::Result<Service> {
    let main = getpid();
    let folder = std::env::temp_dir().join(format!("daemonize-{main}"));
    fs::create_dir(&folder)?;
    let service = Service {
        code,
        main,
        session: getsid(None)?,
        pid_file: folder.join("daemon.pid"),
        folder,
    };
    mkfifo(&service.fifo(), Mode::S_IRUSR | Mode::S_IWUSR)?;
    Ok(service)
}

fn working_folder() -> String {
    match std::env::current_dir() {
        Ok(folder) if folder == Path::new("/") => "/".to_owned(),
        _ => "that of its starter, which cannot be removed or unmounted now".to_owned(),
    }
}

/// The open descriptors and what they refer to.
fn open_descriptors() -> Vec<(RawFd, String)> {
    let entries = fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten();
    let numbers: Vec<RawFd> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    // The folder itself was one of them. It is closed by now: the link is gone.
    let link = |number: RawFd| fs::read_link(format!("/proc/self/fd/{number}")).ok();
    numbers
        .into_iter()
        .filter_map(|number| Some((number, link(number)?.to_string_lossy().into_owned())))
        .collect()
}
