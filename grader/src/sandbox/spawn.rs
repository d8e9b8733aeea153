//! The program's start: a session of its own, limits, default signals, three descriptors, a clean environment.
//!
//! The order in the child, and why: the session and the limits first, because they need nothing; then the descriptors; then the
//! child waits for the word of the runner, which by then has seized it (or knows that it cannot); then the filter, which
//! answers ENOSYS where there is no tracer; exec last. A step that fails is reported through a pipe that exec closes.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{ForkResult, chdir, execve, fork, pipe2, setsid};
use seccompiler::BpfProgram;

use super::request::RunRequest;
use crate::record::Unobserved;
use crate::trace::calls::Data;
use crate::trace::{filter, stop};

/// How many bytes of output the program can be ahead of the runner.
const PIPE_BYTES: libc::c_int = 1024 * 1024;

/// A program that has been started.
#[derive(Debug)]
pub(super) struct Started {
    /// Its process id.
    pub(super) pid: i32,
    /// Standard output and standard error.
    pub(super) output: [OwnedFd; 2],
    /// Says which step of the start failed; empty once the program runs.
    pub(super) failure: OwnedFd,
    /// Why it is not traced, where it is not.
    pub(super) untraced: Option<Unobserved>,
}

/// Everything that the child needs, made before the fork.
struct Plan<'a> {
    program: CString,
    arguments: Vec<CString>,
    environment: Vec<CString>,
    request: &'a RunRequest,
    stdin: File,
    stdout: OwnedFd,
    stderr: OwnedFd,
    word: OwnedFd,
    failure: OwnedFd,
    filter: Option<BpfProgram>,
}

/// What the runner says to the waiting child.
const TRACED: u8 = b't';
const UNTRACED: u8 = b'u';

/// Starts the requested program, traced where the host allows it.
///
/// # Errors
/// When the folder cannot be prepared or no process can be made. That the program cannot be executed shows later, in
/// [`failure`].
pub(super) fn start(request: &RunRequest) -> io::Result<Started> {
    let home = request.folder.join("home");
    let temporary = request.folder.join("tmp");
    for folder in [&home, &temporary, &request.work()] {
        fs::create_dir_all(folder)?;
    }
    let (stdout, stdout_writer) = output_pipe()?;
    let (stderr, stderr_writer) = output_pipe()?;
    let (word, word_writer) = pipe2(OFlag::O_CLOEXEC)?;
    let (failure, failure_writer) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
    let data = if request.data {
        Data::Traced
    } else {
        Data::OutputOnly
    };
    let mut arguments = vec![c_string(request.program.as_os_str().as_bytes())?];
    for argument in &request.args {
        arguments.push(c_string(argument.as_bytes())?);
    }
    let plan = Plan {
        program: c_string(request.program.as_os_str().as_bytes())?,
        arguments,
        environment: environment(&home, &temporary)?,
        request,
        stdin: standard_input(&request.stdin)?,
        stdout: stdout_writer,
        stderr: stderr_writer,
        word,
        failure: failure_writer,
        filter: filter::program(data).ok(),
    };
    // SAFETY: the runner has one thread, so the child may run ordinary code until it executes the program.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(word_writer);
            become_program(&plan)
        }
        ForkResult::Parent { child } => {
            let pid = child.as_raw();
            let why = match &plan.filter {
                None => Some(format!("no filter for {}", std::env::consts::ARCH)),
                Some(_) => stop::seize(pid)
                    .err()
                    .map(|error| format!("ptrace: {error}")),
            };
            let word = if why.is_none() { TRACED } else { UNTRACED };
            File::from(word_writer).write_all(&[word])?;
            Ok(Started {
                pid,
                output: [stdout, stderr],
                failure,
                untraced: why.map(|why| Unobserved {
                    what: "system calls".to_owned(),
                    why,
                }),
            })
        }
    }
}

/// Why the program could not be executed; `None` when it runs, or has not come that far yet.
pub(super) fn failure(started: OwnedFd, program: &Path) -> Option<io::Error> {
    let mut words = String::new();
    // Nothing there yet is an error of a descriptor that does not block: the program has not failed.
    let _ = File::from(started).read_to_string(&mut words);
    let (step, errno) = words.split_once(' ')?;
    let error = io::Error::from_raw_os_error(errno.parse().ok()?);
    let text = format!("{step} {}: {error}", program.display());
    Some(io::Error::new(error.kind(), text))
}

/// The child's way to the program. It never comes back.
fn become_program(plan: &Plan<'_>) -> ! {
    let failed = match prepare(plan) {
        Ok(()) => {
            let error = execve(&plan.program, &plan.arguments, &plan.environment);
            ("execute", error.err().unwrap_or(Errno::UnknownErrno))
        }
        Err(failed) => failed,
    };
    let words = format!("{} {}", failed.0, failed.1 as i32);
    let _ = nix::unistd::write(&plan.failure, words.as_bytes());
    // SAFETY: `_exit` ends the child without running anything of the runner's.
    unsafe { libc::_exit(127) }
}

fn prepare(plan: &Plan<'_>) -> Result<(), (&'static str, Errno)> {
    let step = |name| move |errno| (name, errno);
    setsid().map_err(step("make a session for"))?;
    umask(Mode::from_bits_truncate(0o022));
    let request = plan.request;
    let limits = [
        (Resource::RLIMIT_CORE, 0, 0),
        (
            Resource::RLIMIT_CPU,
            request.cpu_seconds,
            request.cpu_seconds + 1,
        ),
        (
            Resource::RLIMIT_FSIZE,
            request.file_bytes,
            request.file_bytes,
        ),
        (
            Resource::RLIMIT_NOFILE,
            request.descriptors,
            request.descriptors,
        ),
    ];
    for (resource, soft, hard) in limits {
        setrlimit(resource, soft, hard).map_err(step("limit"))?;
    }
    default_signals();
    chdir(&request.work()).map_err(step("enter the folder of"))?;
    let standard = [
        (plan.stdin.as_raw_fd(), 0),
        (plan.stdout.as_raw_fd(), 1),
        (plan.stderr.as_raw_fd(), 2),
    ];
    for (from, to) in standard {
        duplicate(from, to).map_err(step("connect"))?;
    }
    let mut word = [0];
    loop {
        match nix::unistd::read(&plan.word, &mut word) {
            Err(Errno::EINTR) => {}
            Ok(_) => break,
            Err(errno) => return Err(("wait to start", errno)),
        }
    }
    nix::sys::prctl::set_no_new_privs().map_err(step("take privileges from"))?;
    if let (TRACED, Some(filter)) = (word[0], &plan.filter) {
        seccompiler::apply_filter(filter).map_err(|_| ("filter the calls of", Errno::EINVAL))?;
    }
    Ok(())
}

/// `dup2`, to one of the standard descriptors. Those of the plan are all above them, because the runner has its own.
fn duplicate(from: RawFd, to: RawFd) -> Result<(), Errno> {
    // SAFETY: the child owns its descriptors 0 to 2 and is about to give them to the program.
    Errno::result(unsafe { libc::dup2(from, to) }).map(drop)
}

/// Gives every signal its default action and unblocks all. What the grader's own parent ignored would stay ignored through
/// exec (`signal(7)`), and a program that waits for SIGHUP or SIGPIPE would behave differently under `nohup`.
pub(super) fn default_signals() {
    // `struct sigaction` as the kernel has it: SIG_DFL, no flags, no signal blocked meanwhile.
    let default = [0_u64; 4];
    let no_old_one: *mut libc::c_void = std::ptr::null_mut();
    for signal in 1..=libc::SIGRTMAX() {
        // The kernel is asked, not the C library: `posix_spawn` ignores the two signals that it keeps to itself,
        // and `signal` does not change them.
        // SAFETY: the default action has no handler whose state could be violated. Signals that have no
        // changeable action answer with an error, which changes nothing.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                default.as_ptr(),
                no_old_one,
                size_of::<u64>(),
            )
        };
    }
    // An empty mask cannot be refused.
    let _ = nix::sys::signal::SigSet::empty().thread_set_mask();
}

fn output_pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    fcntl(&reader, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    // Refused where the user has very many pipes: then the program waits a little more often.
    let _ = fcntl(&reader, FcntlArg::F_SETPIPE_SZ(PIPE_BYTES));
    Ok((reader, writer))
}

fn environment(home: &Path, temporary: &Path) -> io::Result<Vec<CString>> {
    let variables = [
        ("PATH", Path::new("/usr/bin:/bin")),
        ("LANG", Path::new("C.UTF-8")),
        ("HOME", home),
        ("TMPDIR", temporary),
        ("RUST_BACKTRACE", Path::new("0")),
    ];
    let line = |(name, value): (&str, &Path)| {
        let mut line = format!("{name}=").into_bytes();
        line.extend_from_slice(value.as_os_str().as_bytes());
        c_string(&line)
    };
    variables.into_iter().map(line).collect()
}

fn c_string(bytes: &[u8]) -> io::Result<CString> {
    CString::new(bytes).map_err(io::Error::other)
}

/// A file with the text as its content.
fn standard_input(text: &str) -> io::Result<File> {
    if text.is_empty() {
        return File::open("/dev/null");
    }
    // A file, not a pipe: nobody has to feed it while the program runs.
    let mut file = tempfile::tempfile()?;
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    Ok(file)
}

/// Closes every descriptor above the standard ones that the caller inherited.
pub(super) fn close_inherited() {
    // SAFETY: called first thing in the runner, before any descriptor above 2 is owned by anything.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
}
