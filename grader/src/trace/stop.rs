//! One stop of one traced thread: a value that resuming consumes.
//!
//! A thread that is stopped goes on when its [`Stop`] is resumed, and only then. There is no other way to resume one, so
//! none can be resumed twice or forgotten without the compiler's warning.

use std::io;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;

use crate::record::Exit;

/// What the tracer asks the kernel to report.
const OPTIONS: libc::c_int = libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEEXEC
    | libc::PTRACE_O_TRACEEXIT
    | libc::PTRACE_O_TRACESYSGOOD
    | libc::PTRACE_O_TRACESECCOMP
    | libc::PTRACE_O_EXITKILL;

/// The bit that PTRACE_O_TRACESYSGOOD adds to SIGTRAP at the stops of system calls.
const SYSCALL_BIT: libc::c_int = 0x80;

/// Begins to trace a process and all that it will fork.
///
/// # Errors
/// EPERM, where the host does not allow tracing.
pub fn seize(pid: i32) -> io::Result<()> {
    request(
        libc::PTRACE_SEIZE,
        pid,
        0,
        i64::from(OPTIONS).cast_unsigned(),
    )?;
    Ok(())
}

/// What `wait(2)` reported of a thread.
#[derive(Debug)]
pub enum Report {
    /// It is stopped, and will be until it is resumed.
    Stopped(Stop, Reason),
    /// It has ended.
    Ended {
        /// The thread.
        pid: i32,
        /// How.
        how: Exit,
        /// The CPU time of it and of the children that it waited for, where it was asked for.
        cpu: Option<Duration>,
    },
}

/// A thread that stands still.
#[derive(Debug)]
#[must_use = "a stop that is not resumed leaves its thread standing still"]
pub struct Stop {
    pid: i32,
    /// Only the thread that seized may resume.
    not_send: PhantomData<*const ()>,
}

/// Why a thread stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It is about to make a traced call.
    CallEntry,
    /// A traced call has returned.
    CallExit,
    /// It made a process or a thread, whose id this is.
    Birth(i32),
    /// It runs another program. Its former thread id, which differs from the present one when a thread other than the
    /// first executed it.
    Exec(i32),
    /// It is about to end.
    Exiting,
    /// A signal is about to reach it.
    Signal(i32),
    /// A signal has stopped its process.
    GroupStop(i32),
    /// It has just been born, or goes on after a group stop.
    Trap,
    /// Something that this tracer did not ask for.
    Other,
}

/// Whether CPU time is asked for with a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CpuTime {
    /// It is, for a thread that ends; the kernel adds it up at stops too.
    Asked,
    /// It is not, because no thread is about to end: that saves a sixteenth of what a stop costs.
    Spared,
}

/// Waits for a report of any child or traced thread.
///
/// # Errors
/// ECHILD when there is nobody to wait for, EINTR when a signal came first.
pub fn wait(options: libc::c_int, cpu_time: CpuTime) -> Result<Option<Report>, Errno> {
    let mut status = 0;
    let mut used = MaybeUninit::<libc::rusage>::uninit();
    let place = match cpu_time {
        CpuTime::Asked => used.as_mut_ptr(),
        CpuTime::Spared => std::ptr::null_mut(),
    };
    // SAFETY: `status` is a valid place for what the kernel writes for the duration of the call; so is `place`, or it is null.
    let pid = unsafe { libc::wait4(-1, &raw mut status, options | libc::__WALL, place) };
    if pid <= 0 {
        Errno::result(pid)?;
        return Ok(None);
    }
    let cpu = match cpu_time {
        // SAFETY: the kernel fills in the whole structure when it reports a thread, and it was given its place.
        CpuTime::Asked => Some(added_up(unsafe { used.assume_init_ref() })),
        CpuTime::Spared => None,
    };
    Ok(Some(decode(pid, status, cpu)))
}

/// Decodes a raw status: nix's `WaitStatus` refuses the numbers of real-time signals.
fn decode(pid: i32, status: libc::c_int, cpu: Option<Duration>) -> Report {
    if libc::WIFEXITED(status) {
        let how = Exit::Code(libc::WEXITSTATUS(status));
        return Report::Ended { pid, how, cpu };
    }
    if libc::WIFSIGNALED(status) {
        let how = Exit::Signal(libc::WTERMSIG(status));
        return Report::Ended { pid, how, cpu };
    }
    let stop = Stop {
        pid,
        not_send: PhantomData,
    };
    let signal = libc::WSTOPSIG(status);
    let event = status >> 16;
    let reason = match event {
        0 if signal == libc::SIGTRAP | SYSCALL_BIT => Reason::CallExit,
        0 => Reason::Signal(signal),
        libc::PTRACE_EVENT_SECCOMP => Reason::CallEntry,
        libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => {
            stop.message(event).map_or(Reason::Other, Reason::Birth)
        }
        libc::PTRACE_EVENT_EXEC => stop.message(event).map_or(Reason::Other, Reason::Exec),
        libc::PTRACE_EVENT_EXIT => Reason::Exiting,
        libc::PTRACE_EVENT_STOP if signal == libc::SIGTRAP => Reason::Trap,
        libc::PTRACE_EVENT_STOP => Reason::GroupStop(signal),
        _ => Reason::Other,
    };
    Report::Stopped(stop, reason)
}

fn added_up(usage: &libc::rusage) -> Duration {
    let time = |it: libc::timeval| {
        let seconds = u64::try_from(it.tv_sec).unwrap_or(0);
        Duration::from_secs(seconds) + Duration::from_micros(u64::try_from(it.tv_usec).unwrap_or(0))
    };
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// A system call at its stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Its number.
    pub number: libc::c_long,
    /// Its arguments.
    pub arguments: [u64; 6],
}

/// How far a thread goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// To the next stop.
    NextStop,
    /// To the return of the call that it is in, or the next other stop.
    CallExit,
}

impl Stop {
    /// The thread.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Lets the thread go on. A thread that was killed in the meantime has nothing to resume, and is reported
    /// by [`wait`].
    pub fn resume(self, until: Until) {
        self.resume_with(until, 0);
    }

    /// Lets the thread go on, unless it was killed and has left this stop by itself. It may stand at its exit by now, and to
    /// resume it there would take that stop from [`wait`], which is to report it: for stops of which nothing could be read.
    pub fn resume_if_here(self, until: Until) {
        if self.is_here() {
            self.resume(until);
        }
    }

    fn is_here(&self) -> bool {
        match self.information() {
            Ok(it) => it.si_code != libc::PTRACE_EVENT_EXIT << 8 | libc::SIGTRAP,
            // A group stop has no information (EINVAL).
            Err(errno) => errno != Errno::ESRCH,
        }
    }

    /// Lets the thread go on with a signal delivered to it.
    pub fn deliver(self, signal: i32, until: Until) {
        self.resume_with(until, signal);
    }

    fn resume_with(self, until: Until, signal: i32) {
        let how = match until {
            Until::NextStop => libc::PTRACE_CONT,
            Until::CallExit => libc::PTRACE_SYSCALL,
        };
        // ESRCH: it was killed while it stood still.
        let _ = request(how, self.pid, 0, u64::from(signal.cast_unsigned()));
    }

    /// Leaves the thread stopped as its signal wanted, and waits for the one that continues it.
    pub fn listen(self) {
        let _ = request(libc::PTRACE_LISTEN, self.pid, 0, 0);
    }

    /// The call that the thread is about to make.
    #[must_use]
    pub fn call(&self) -> Option<Call> {
        let info = self.syscall_info()?;
        if info.op != libc::PTRACE_SYSCALL_INFO_SECCOMP {
            return None;
        }
        // SAFETY: `op` says which member of the union the kernel has written.
        let seccomp = unsafe { info.u.seccomp };
        Some(Call {
            number: libc::c_long::try_from(seccomp.nr).ok()?,
            arguments: seccomp.args,
        })
    }

    /// What the call returned: a value, or the negative number of an error.
    #[must_use]
    pub fn result(&self) -> Option<i64> {
        let info = self.syscall_info()?;
        if info.op != libc::PTRACE_SYSCALL_INFO_EXIT {
            return None;
        }
        // SAFETY: `op` says which member of the union the kernel has written.
        let exit = unsafe { info.u.exit };
        Some(exit.sval)
    }

    fn syscall_info(&self) -> Option<libc::ptrace_syscall_info> {
        // SAFETY: the structure is plain integers, for which zeros are valid.
        let mut info: libc::ptrace_syscall_info = unsafe { std::mem::zeroed() };
        let size = size_of::<libc::ptrace_syscall_info>();
        let place = (&raw mut info).addr();
        request(libc::PTRACE_GET_SYSCALL_INFO, self.pid, size, place as u64).ok()?;
        Some(info)
    }

    /// The sender of the signal that is about to be delivered, where one process sent it to another.
    #[must_use]
    pub fn sender(&self) -> Option<i32> {
        let info = self.information().ok()?;
        // By kill, sigqueue or tgkill; by the kernel for a child's change of state.
        let sent = matches!(
            info.si_code,
            libc::SI_USER | libc::SI_QUEUE | libc::SI_TKILL
        );
        if !sent && info.si_signo != libc::SIGCHLD {
            return None;
        }
        // SAFETY: for these codes the kernel fills in the sender.
        Some(unsafe { info.si_pid() })
    }

    /// What the event is about. A thread that was killed here may stand at its exit by now, whose message is another.
    fn message(&self, event: libc::c_int) -> Option<i32> {
        let mut message: libc::c_ulong = 0;
        let place = (&raw mut message).addr();
        request(libc::PTRACE_GETEVENTMSG, self.pid, 0, place as u64).ok()?;
        let is_still_here = self.information().ok()?.si_code == event << 8 | libc::SIGTRAP;
        i32::try_from(message).ok().filter(|_| is_still_here)
    }

    fn information(&self) -> Result<libc::siginfo_t, Errno> {
        // SAFETY: the structure is plain integers and pointers, for which zeros are valid.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let place = (&raw mut info).addr();
        request(libc::PTRACE_GETSIGINFO, self.pid, 0, place as u64)?;
        Ok(info)
    }
}

/// Writes words to the memory of a stopped thread, also where it may not write itself: constants have their place there.
///
/// # Errors
/// EIO, where no memory is; ESRCH, when the thread has been killed.
pub fn write_words<const N: usize>(
    thread: i32,
    address: u64,
    words: [u64; N],
) -> Result<(), Errno> {
    let address = usize::try_from(address).map_err(|_| Errno::EIO)?;
    for (at, word) in words.into_iter().enumerate() {
        let place = address.checked_add(at * size_of::<u64>());
        request(
            libc::PTRACE_POKEDATA,
            thread,
            place.ok_or(Errno::EIO)?,
            word,
        )?;
    }
    Ok(())
}

/// One ptrace request. Requests that fill in a structure get its address as `data`.
fn request(request: libc::c_uint, pid: i32, address: usize, data: u64) -> Result<(), Errno> {
    // SAFETY: callers pass as `data` either an integer or the address of a live structure of the kind that the
    // request fills in, whose size the kernel knows or gets as `address`.
    let result = unsafe { libc::ptrace(request, pid, address, data) };
    if result < 0 {
        return Err(Errno::last());
    }
    Ok(())
}
