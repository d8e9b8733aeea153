//! The program's start: a process group of its own, limits, default signals, three descriptors, a clean environment.
//!
//! The order in the child, and why: the group and the limits first, because they need nothing; then the descriptors; then the
//! child waits for the word of the runner, which by then has seized it (or knows that it cannot); then Landlock, whose calls are no
//! part of the run; then the tracer's filter,
//! which answers ENOSYS where there is no tracer; then the filter that refuses calls, which would refuse the other one; exec last.
//! A step that fails is reported through a pipe that exec closes.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{ForkResult, Pid, chdir, execve, fork, getpid, getsid, pipe2, setpgid, setsid};
use seccompiler::BpfProgram;

use super::group::Group;
use super::hardening::{self, Network, Queues, Reach};
use super::identity;
use super::landlock;
use super::layers::{self, Refused, active, unavailable};
use super::limits;
use super::request::RunRequest;
use super::setting::Setting;
use super::terminal;
use crate::record::Layer;
use crate::trace::calls::Data;
use crate::trace::{filter, stop};

/// How many bytes of output the program can be ahead of the runner.
const PIPE_BYTES: libc::c_int = 1024 * 1024;

/// The longest request: arguments and standard input of a case.
const LONGEST_REQUEST: usize = 16 * 1024 * 1024;

/// A program that has been started.
#[derive(Debug)]
pub(super) struct Started {
    /// Its process id.
    pub(super) pid: i32,
    /// Standard output and standard error.
    pub(super) output: [OwnedFd; 2],
    /// Says which steps of the start failed; at its end once the program runs.
    pub(super) report: OwnedFd,
    /// Why it is not traced, where it is not.
    pub(super) untraced: Option<Refused>,
}

/// Everything that the child needs, made before the fork.
struct Plan<'a> {
    /// None where there is nothing to be executed.
    program: Option<CString>,
    arguments: Vec<CString>,
    environment: Vec<CString>,
    request: &'a RunRequest,
    setting: &'a Setting,
    group: Option<&'a Group>,
    stdin: File,
    stdout: OwnedFd,
    stderr: OwnedFd,
    word: OwnedFd,
    report: OwnedFd,
    filter: Option<BpfProgram>,
    hardening: BpfProgram,
}

/// What the runner says to the waiting child.
const TRACED: u8 = b't';
const UNTRACED: u8 = b'u';

/// Starts the requested program, traced where the host allows it.
///
/// # Errors
/// When the folder cannot be prepared or no process can be made. That the program cannot be executed shows later, in
/// [`report`].
pub(super) fn start(
    request: &RunRequest,
    setting: &Setting,
    group: Option<&Group>,
) -> io::Result<Started> {
    let home = request.folder.join("home");
    let temporary = request.folder.join("tmp");
    for folder in [&home, &temporary, &request.work()] {
        fs::create_dir_all(folder)?;
    }
    let (mut stdout, mut stdout_writer) = output_pipe()?;
    let (stderr, mut stderr_writer) = output_pipe()?;
    let mut stdin = standard_input(&request.stdin)?;
    if request.typed.is_some() {
        let screen;
        (stdout, screen) = terminal::open()?;
        stdin = File::from(screen.try_clone()?);
        stderr_writer = screen.try_clone()?;
        stdout_writer = screen;
    }
    let (word, word_writer) = pipe2(OFlag::O_CLOEXEC)?;
    let (report, report_writer) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
    let data = if request.memory {
        Data::TracedWithMemory
    } else if request.data {
        Data::Traced
    } else {
        Data::OutputOnly
    };
    let program = setting.program.as_ref();
    let program = program.map(|path| c_string(path.as_os_str().as_bytes()));
    let program = program.transpose()?;
    let mut arguments: Vec<CString> = program.iter().cloned().collect();
    for argument in &request.args {
        arguments.push(c_string(argument.as_bytes())?);
    }
    // Landlock would let a queue be made, then refuse to open it, and leave it behind.
    let queues = if request.queues || landlock::can_allow_queues() {
        Queues::Allowed
    } else {
        Queues::Refused
    };
    let plan = Plan {
        program,
        arguments,
        environment: environment(&home, &temporary)?,
        request,
        setting,
        group,
        stdin,
        stdout: stdout_writer,
        stderr: stderr_writer,
        word,
        report: report_writer,
        filter: filter::program(data).ok(),
        hardening: hardening::program(setting.reach, Network::Loopback, queues),
    };
    // Who is closed cannot be seized, and a child is as its parent. Nobody of the run is there yet to make use of it.
    identity::be_open(true)?;
    // SAFETY: the runner has one thread, so the child may run ordinary code until it executes the program.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(word_writer);
            become_program(&plan)
        }
        ForkResult::Parent { child } => {
            let pid = child.as_raw();
            identity::be_open(false)?;
            let why = match &plan.filter {
                None => Some(Refused::new(
                    "make a filter for this architecture",
                    Errno::ENOSYS,
                )),
                Some(_) => stop::seize(pid).err().map(|error| {
                    let errno = error.raw_os_error().unwrap_or(libc::EIO);
                    Refused::new("trace", Errno::from_raw(errno))
                }),
            };
            let word = if why.is_none() { TRACED } else { UNTRACED };
            File::from(word_writer).write_all(&[word])?;
            Ok(Started {
                pid,
                output: [stdout, stderr],
                report,
                untraced: why,
            })
        }
    }
}

/// What the start had to say: the protections that it added to these, and why the program could not be executed, where it could not.
pub(super) fn report(
    report: OwnedFd,
    program: &Path,
    layers: &mut Vec<Layer>,
) -> Option<io::Error> {
    let mut words = String::new();
    // Nothing there yet is an error of a descriptor that does not block: the program has not failed.
    let _ = File::from(report).read_to_string(&mut words);
    layers.extend(ADDED.iter().map(|it| active(it)));
    let mut failure = None;
    for line in words.lines() {
        let mut parts = line.splitn(3, ' ');
        let (Some(kind), Some(errno), Some(step)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let errno = errno.parse().unwrap_or(libc::EIO);
        if let Some(layer) = layers.iter_mut().find(|it| it.layer == kind) {
            let refused = Refused::new(step, Errno::from_raw(errno));
            *layer = unavailable(kind, &refused);
        } else {
            let error = io::Error::from_raw_os_error(errno);
            let text = format!("{step} {}: {error}", program.display());
            failure = Some(io::Error::new(error.kind(), text));
        }
    }
    failure
}

/// The layers that the child adds. One that is refused is a line of its report, which begins with the layer's name.
const ADDED: [&str; 3] = [layers::LANDLOCK, layers::SIGNAL_SCOPE, layers::SECCOMP];

/// How a line begins that says why there is no program.
const FAILED: &str = "failed";

fn say(plan: &Plan<'_>, kind: &str, step: &str, errno: Errno) {
    let words = format!("{kind} {} {step}\n", errno as i32);
    let _ = nix::unistd::write(&plan.report, words.as_bytes());
}

/// The child's way to the program. It never comes back.
fn become_program(plan: &Plan<'_>) -> ! {
    let code = match (prepare(plan), &plan.program) {
        (Ok(()), Some(program)) => {
            let error = execve(program, &plan.arguments, &plan.environment);
            say(
                plan,
                FAILED,
                "execute",
                error.err().unwrap_or(Errno::UnknownErrno),
            );
            127
        }
        (Ok(()), None) => 0,
        (Err((step, errno)), _) => {
            say(plan, FAILED, step, errno);
            127
        }
    };
    // SAFETY: `_exit` ends the child without running anything of the runner's.
    unsafe { libc::_exit(code) }
}

fn prepare(plan: &Plan<'_>) -> Result<(), (&'static str, Errno)> {
    let step = |name| move |errno| (name, errno);
    if plan.request.typed.is_none() {
        setpgid(Pid::from_raw(0), Pid::from_raw(0)).map_err(step("make a group for"))?;
    }
    limits::set(plan.request, plan.setting).map_err(step("limit"))?;
    default_signals();
    chdir(&plan.request.work()).map_err(step("enter the folder of"))?;
    if let Some(Err(errno)) = plan.group.map(Group::enter) {
        say(plan, layers::CONTROL_GROUP, "enter a control group", errno);
    }
    let standard = [
        (plan.stdin.as_raw_fd(), 0),
        (plan.stdout.as_raw_fd(), 1),
        (plan.stderr.as_raw_fd(), 2),
    ];
    for (from, to) in standard {
        duplicate(from, to).map_err(step("connect"))?;
    }
    if plan.request.typed.is_some() {
        terminal::begin_session().map_err(step("make a session for"))?;
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
    let mut written = vec![plan.request.folder.as_path()];
    if plan.setting.reach == Reach::Run {
        written.push(Path::new("/tmp"));
    }
    written.push(Path::new("/proc"));
    let mut read: Vec<&Path> = plan.setting.program.iter().map(PathBuf::as_path).collect();
    read.extend(["/etc", "/sys"].map(Path::new));
    let restricted = landlock::restrict(&landlock::Rules {
        read: &read,
        written: &written,
        makes_queues: plan.request.queues,
    });
    for (layer, done) in [
        (layers::LANDLOCK, restricted.files),
        (layers::SIGNAL_SCOPE, restricted.signals),
    ] {
        if let Err(refused) = done {
            say(plan, layer, &refused.step, refused.errno);
        }
    }
    if let (TRACED, Some(filter)) = (word[0], &plan.filter) {
        seccompiler::apply_filter(filter).map_err(|_| ("filter the calls of", Errno::EINVAL))?;
    }
    if seccompiler::apply_filter(&plan.hardening).is_err() {
        say(plan, layers::SECCOMP, "install a filter", Errno::last());
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
fn default_signals() {
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
    // A file, not a pipe: nobody has to feed it while the program runs. In memory: nobody needs a folder for it.
    let file = memfd_create("standard input", MFdFlags::MFD_CLOEXEC)?;
    File::from(file.try_clone()?).write_all(text.as_bytes())?;
    // A description of its own, at the beginning of the text, by which nobody can write.
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// The runner's own session, which the program is in too: without a terminal, as a job of a shell is in the shell's session.
///
/// The session is the runner's and not the program's own because the kernel shares out the CPU by sessions first (autogroups,
/// `sched(7)`): a tracer in another session than those whom it traces owes them time after a few stops, and is then
/// preempted each time it resumes one of them. That doubled what the tracing of a futex costs.
///
/// # Errors
/// EPERM, where the runner leads a group but no session.
pub(super) fn begin_session() -> io::Result<()> {
    if getsid(None)? != getpid() {
        setsid()?;
    }
    Ok(())
}

/// Makes a command begin in a session of its own, out of reach of the terminal from its first instruction: Ctrl-C and Ctrl-Z
/// are for the grader, which ends its runners in good order.
pub fn in_own_session(command: &mut Command) -> &mut Command {
    // SAFETY: between fork and exec the child makes one system call, which is async-signal-safe, and allocates nothing.
    unsafe { command.pre_exec(|| Ok(setsid().map(drop)?)) }
}

/// Makes a command end with the thread that starts it, however that ends, and lets others read what it makes, whatever the caller
/// thinks of that: another user may compile it.
pub fn as_helper(command: &mut Command) -> &mut Command {
    let prepare = || {
        umask(Mode::from_bits_truncate(0o022));
        Ok(identity::end_with_parent()?)
    };
    // SAFETY: between fork and exec the child makes two system calls, which are async-signal-safe, and allocates nothing.
    unsafe { command.pre_exec(prepare) }
}

/// Reads one line from standard input, byte by byte: what follows is the lifeline's end of file.
pub(super) fn read_line() -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut byte = [0];
    let stdin = io::stdin();
    loop {
        match nix::unistd::read(stdin.as_fd(), &mut byte) {
            Ok(1) if byte[0] == b'\n' => return Ok(line),
            Ok(1) if line.len() < LONGEST_REQUEST => line.push(byte[0]),
            Err(Errno::EINTR) => {}
            Ok(_) => return Err(io::Error::other("the request is not one line")),
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// What the runner does first, whoever has started it and however: nothing of that is handed on to the program.
pub(super) fn begin_clean() {
    // SAFETY: called first thing, before any descriptor above 2 is owned by anything.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    // Whoever ignores SIGCHLD is not told how its children end.
    default_signals();
    // What is made for the program may belong to another user, who must be able to use it.
    umask(Mode::from_bits_truncate(0o022));
}
