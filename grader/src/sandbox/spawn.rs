//! The program's start: a session of its own, limits, default signals, three descriptors, a clean environment.

use std::fs::{self, File};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::SigSet;
use nix::sys::stat::{Mode, umask};
use nix::unistd::setsid;

use super::request::RunRequest;

/// Starts the requested program. Standard output and standard error are pipes whose read ends the caller gets.
///
/// # Errors
/// When the folder cannot be prepared or the program cannot be executed.
pub(super) fn start(request: &RunRequest) -> io::Result<Child> {
    let home = request.folder.join("home");
    let temporary = request.folder.join("tmp");
    let work = request.work();
    for folder in [&home, &temporary, &work] {
        fs::create_dir_all(folder)?;
    }
    let mut command = Command::new(&request.program);
    command
        .args(&request.args)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .env("HOME", home)
        .env("TMPDIR", temporary)
        .env("RUST_BACKTRACE", "0")
        .current_dir(work)
        .stdin(standard_input(&request.stdin)?)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
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
    // SAFETY: the closure runs in the child between fork and exec. The runner has one thread, so no lock
    // can be held by a thread that the child does not have; the closure only makes system calls.
    unsafe {
        command.pre_exec(move || {
            setsid()?;
            umask(Mode::from_bits_truncate(0o022));
            for (resource, soft, hard) in limits {
                setrlimit(resource, soft, hard)?;
            }
            default_signals();
            // The runner waits for SIGCHLD with a blocked one; std hands a mask on to the program.
            SigSet::empty().thread_set_mask()?;
            Ok(())
        });
    }
    command.spawn()
}

/// Gives every signal its default action. What the grader's own parent ignored would stay ignored through
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
}

/// A file with the text as its content, or `/dev/null` where there is none.
fn standard_input(text: &str) -> io::Result<Stdio> {
    if text.is_empty() {
        return Ok(Stdio::null());
    }
    // A file, not a pipe: nobody has to feed it while the program runs.
    let mut file: File = tempfile::tempfile()?;
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    Ok(file.into())
}

/// Closes every descriptor above the standard ones that the caller inherited.
pub(super) fn close_inherited() {
    // SAFETY: called first thing in the runner, before any descriptor above 2 is owned by anything.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
}
