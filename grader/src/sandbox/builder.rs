//! Compilation: one command (cargo) with everything that it starts, closed off like a run.
//!
//! A compiler reads what its source tells it to read, and can be made to compute for ever. It sees the toolchain, the packages and the
//! copy of the course read-only, writes to one folder, has no network, limits, an environment without the caller's secrets
//! and a deadline. Nothing is traced. The grader re-executes itself as the *builder*, as it does for a run; the request comes on its
//! standard input, which is the lifeline, and what the command says goes where the builder's own output goes. The builder adds a line
//! like cargo's own: how long the command was at work.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::{ForkResult, chdir, dup2_stdin, execve, fork, pipe2};
use serde::{Deserialize, Serialize};

use super::family;
use super::filesystem::{Shared, View};
use super::hardening::{self, Network, Queues, Reach};
use super::identity::{self, Identity};
use super::landlock;
use super::namespaces::{self, Place};
use super::setting::is_reduced_wanted;
use super::spawn;
use super::tick;
use crate::record::Exit;
use crate::trace::stop::{self, CpuTime, Report, Until};

/// What is to be built, and with what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildRequest {
    /// The command's file.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// All of its environment.
    pub environment: Vec<(String, String)>,
    /// Its working folder.
    pub folder: PathBuf,
    /// What it may use of the host beside the system.
    pub shared: Vec<Shared>,
    /// How long it may take.
    pub wall_ms: u64,
    /// CPU seconds of each of its processes.
    pub cpu_seconds: u64,
}

/// Addresses of one process of the build, in bytes.
const MEMORY_BYTES: u64 = 8 << 30;

/// Processes and threads of the build.
const MOST_PROCESSES: u64 = 1024;

/// The size of one file in bytes.
const FILE_BYTES: u64 = 1 << 30;

/// Temporary files, in memory, in bytes.
const TEMPORARY_BYTES: u64 = 1 << 30;

/// What of `/etc` a loader and a linker use. Not all of it: where root compiles on the host, that has root's secrets.
const SETTINGS: [&str; 7] = [
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/passwd",
];

/// How often the builder looks at its lifeline and the clock.
const TICK: Duration = Duration::from_millis(50);

/// How long the end of all processes may take.
const TEARDOWN: Duration = Duration::from_secs(10);

/// The exit code of a build that took too long.
pub const OUT_OF_TIME: u8 = 124;

/// The user who compiles: the grader's own, or where that is root one that is nobody's. What is written to is to belong to it.
#[must_use]
pub fn owner() -> Option<u32> {
    match Identity::compiler() {
        Ok(Identity::Nobodys(id)) if !is_reduced_wanted() => Some(id),
        _ => None,
    }
}

/// The builder's `main`.
#[must_use]
pub fn main() -> ExitCode {
    spawn::begin_clean();
    let done = spawn::read_line().and_then(|line| {
        let request: BuildRequest = serde_json::from_slice(&line)?;
        serve(&request)
    });
    done.unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "error: {error}");
        ExitCode::FAILURE
    })
}

fn serve(request: &BuildRequest) -> io::Result<ExitCode> {
    let who = Identity::compiler().unwrap_or(Identity::Own);
    let view = View {
        folder: Path::new("/tmp/build"),
        bytes: TEMPORARY_BYTES,
        hidden: &[],
        program: None,
        shared: &request.shared,
    };
    let reach = if is_reduced_wanted() {
        Reach::User
    } else {
        match namespaces::enter(&view, who) {
            Place::Over(over) => return Ok(over.end_alike()),
            Place::Inside(_) => Reach::Run,
            // Whoever compiles on the host has to be who the grader is: toolchain and packages are that user's own.
            Place::Host(_) => Reach::User,
        }
    };
    // Its environment is the grader's.
    identity::be_open(false)?;
    compile(request, reach)
}

/// Where the build takes place: starts the command and waits for it.
fn compile(request: &BuildRequest, reach: Reach) -> io::Result<ExitCode> {
    family::adopt_orphans()?;
    tick::start(TICK)?;
    let deadline = Instant::now() + Duration::from_millis(request.wall_ms);
    let (begins, closes_at_exec) = pipe2(OFlag::O_CLOEXEC)?;
    // SAFETY: the builder has one thread, so the child may run ordinary code until it executes the command.
    let command = match unsafe { fork() }? {
        ForkResult::Child => become_command(request, reach),
        ForkResult::Parent { child } => child.as_raw(),
    };
    drop(closes_at_exec);
    // Nothing is ever written: the end of file comes when the command is executed, or has failed to be.
    let _ = File::from(begins).read(&mut [0]);
    let begun = Instant::now();
    let code = loop {
        match stop::wait(0, CpuTime::Spared) {
            Ok(Some(Report::Ended { pid, how, .. })) if pid == command => break code_of(how),
            // Nobody is traced, so nobody stops for the builder.
            Ok(Some(Report::Stopped(stop, _))) => stop.resume(Until::NextStop),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        if is_given_up()? {
            break ExitCode::FAILURE;
        }
        if Instant::now() >= deadline {
            let _ = writeln!(
                io::stderr(),
                "error: the compiler was still at work after {} seconds",
                request.wall_ms / 1000
            );
            break ExitCode::from(OUT_OF_TIME);
        }
    };
    let spent = begun.elapsed().as_micros();
    family::end_all(Instant::now() + TEARDOWN)?;
    // Where the grader has gone, nobody wants to know.
    let _ = writeln!(
        io::stdout(),
        r#"{{"reason":"forklings-spent","wall_us":{spent}}}"#
    );
    Ok(code)
}

fn code_of(how: Exit) -> ExitCode {
    match how {
        Exit::Code(code) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        Exit::Signal(_) => ExitCode::FAILURE,
    }
}

/// Whether the grader has gone, or does not want the build any more.
fn is_given_up() -> io::Result<bool> {
    let stdin = io::stdin();
    let mut lifeline = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
    match poll(&mut lifeline, PollTimeout::ZERO) {
        Ok(count) => Ok(count > 0),
        Err(Errno::EINTR) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// The child's way to the command. It never comes back.
fn become_command(request: &BuildRequest, reach: Reach) -> ! {
    let error = prepare_and_execute(request, reach);
    let _ = writeln!(
        io::stderr(),
        "error: start {}: {error}",
        request.program.display()
    );
    // SAFETY: `_exit` ends the child without running anything of the builder's.
    unsafe { libc::_exit(127) }
}

fn prepare_and_execute(request: &BuildRequest, reach: Reach) -> io::Error {
    let prepared = || -> io::Result<(CString, Vec<CString>, Vec<CString>)> {
        identity::be_open(true)?;
        // A file that is too large is an error that the compiler can speak of.
        // SAFETY: ignoring a signal runs no code.
        unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) }?;
        limit(request, reach)?;
        dup2_stdin(File::open("/dev/null")?)?;
        let temporary = temporary(request, reach);
        if reach == Reach::User {
            // What compilers that were killed have left. Only one grader at a time builds here.
            let _ = std::fs::remove_dir_all(&temporary);
        }
        std::fs::create_dir_all(&temporary)?;
        let text = |bytes: &[u8]| CString::new(bytes).map_err(io::Error::other);
        let program = text(request.program.as_os_str().as_bytes())?;
        let mut arguments = vec![program.clone()];
        for argument in &request.args {
            arguments.push(text(argument.as_bytes())?);
        }
        let variables = request.environment.iter();
        let environment = variables.map(|(name, value)| text(format!("{name}={value}").as_bytes()));
        let mut environment = environment.collect::<io::Result<Vec<_>>>()?;
        let mut variable = b"TMPDIR=".to_vec();
        variable.extend_from_slice(temporary.as_os_str().as_bytes());
        environment.push(text(&variable)?);
        chdir(&request.folder)?;
        nix::sys::prctl::set_no_new_privs()?;
        restrict(request, reach);
        // Best effort, as everything here: what the host does not have, `cargo grade doctor` says.
        let _ = seccompiler::apply_filter(&hardening::program(reach, Network::No, Queues::Refused));
        Ok((program, arguments, environment))
    };
    match prepared() {
        Err(error) => error,
        Ok((program, arguments, environment)) => {
            let error = execve(&program, &arguments, &environment).err();
            error.unwrap_or(Errno::UnknownErrno).into()
        }
    }
}

fn limit(request: &BuildRequest, reach: Reach) -> Result<(), Errno> {
    let mut limits = vec![
        (Resource::RLIMIT_CORE, 0, 0),
        (
            Resource::RLIMIT_CPU,
            request.cpu_seconds,
            request.cpu_seconds + 1,
        ),
        (Resource::RLIMIT_FSIZE, FILE_BYTES, FILE_BYTES),
        (Resource::RLIMIT_AS, MEMORY_BYTES, MEMORY_BYTES),
    ];
    if reach == Reach::Run {
        // Elsewhere everything of the user counts.
        limits.push((Resource::RLIMIT_NPROC, MOST_PROCESSES, MOST_PROCESSES));
    }
    for (resource, soft, hard) in limits {
        let (_, most) = getrlimit(resource)?;
        setrlimit(resource, soft.min(most), hard.min(most))?;
    }
    Ok(())
}

/// Where temporary files go: into memory of the build's own, or on the host beside what is built.
fn temporary(request: &BuildRequest, reach: Reach) -> PathBuf {
    let written = request.shared.iter().find(|it| it.writable);
    match (reach, written) {
        (Reach::User, Some(written)) => written.path.join("tmp"),
        _ => PathBuf::from("/tmp"),
    }
}

/// The same folders by Landlock: a second wall, or on the host the only one.
fn restrict(request: &BuildRequest, reach: Reach) {
    let paths = |writable| -> Vec<&Path> {
        let shared = request.shared.iter().filter(|it| it.writable == writable);
        shared.map(|it| it.path.as_path()).collect()
    };
    let temporary = temporary(request, reach);
    let mut written = paths(true);
    written.push(&temporary);
    // Cargo looks for its settings in all folders above, and gives up where it cannot read them.
    let above = request.folder.ancestors().skip(1);
    let settings: Vec<PathBuf> = above
        .flat_map(|it| [it.join(".cargo/config.toml"), it.join(".cargo/config")])
        .collect();
    let mut read = paths(false);
    read.extend(settings.iter().map(PathBuf::as_path));
    read.extend(SETTINGS.map(Path::new));
    let _ = landlock::restrict(&landlock::Rules {
        read: &read,
        written: &written,
        makes_queues: false,
    });
}
