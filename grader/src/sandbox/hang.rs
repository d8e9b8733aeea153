//! Whether every process of a run waits for another one.
//!
//! A run is hung when each live thread sleeps, without a timeout, in a call that only another process
//! of the run can end, and none of them has run between two looks. Two equal looks prove that nothing ran
//! in between, because each holds every thread's count of context switches (`proc_pid_status(5)`).
//! `/proc` does not show every timeout. A run in which one may be hidden (a thread waits for a socket, a process catches
//! SIGALRM) is hung only after it has slept for [`PATIENCE`]; one that holds a timer never is.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::time::Duration;

use nix::libc;

use super::family;
use crate::record::{Alive, Descriptor, Wait};

/// Time between two looks.
pub const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// How long a run must have slept that a hidden timeout may end: SO_RCVTIMEO, `alarm(2)` and `setitimer(2)` are invisible
/// from outside.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// What a look at a run's processes saw, where all of them sleep for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllAsleep {
    threads: Vec<Asleep>,
    /// Whether a timeout may be hidden.
    pub may_time_out: bool,
}

/// A thread that sleeps in a call without a timeout.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asleep {
    thread: i32,
    /// The line of `/proc/PID/task/TID/syscall`: number, arguments, stack and instruction pointers.
    call: String,
    /// Voluntary and involuntary context switches.
    switches: (u64, u64),
    on_socket: bool,
}

/// Looks at the processes once; `None` when one of them runs, or waits for something other than
/// another process, or when there are none.
#[must_use]
pub fn look(pids: &[i32]) -> Option<AllAsleep> {
    let mut threads = Vec::new();
    let mut may_time_out = false;
    for pid in pids {
        if holds_a_timer(*pid) {
            return None;
        }
        may_time_out |= catches_alarm(*pid);
        for entry in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
            let thread = entry.ok()?.file_name().to_str()?.parse().ok()?;
            threads.push(asleep(*pid, thread)?);
        }
    }
    if threads.is_empty() {
        return None;
    }
    may_time_out |= threads.iter().any(|thread: &Asleep| thread.on_socket);
    Some(AllAsleep {
        threads,
        may_time_out,
    })
}

/// What the processes wait for and hold, for the record.
#[must_use]
pub fn describe(pids: &[i32]) -> Vec<Alive> {
    let describe = |pid: &i32| {
        let call = fs::read_to_string(format!("/proc/{pid}/syscall")).ok();
        Some(Alive {
            pid: *pid,
            parent: family::parent_of(*pid)?,
            state: family::state(*pid)?,
            waits: call
                .as_deref()
                .and_then(Call::parse)
                .and_then(|call| call.wait()),
            descriptors: descriptors(*pid),
        })
    };
    pids.iter().filter_map(describe).collect()
}

fn asleep(pid: i32, thread: i32) -> Option<Asleep> {
    let folder = format!("/proc/{pid}/task/{thread}");
    let fields = family::stat_fields(&format!("{folder}/stat"))?;
    // A stopped process can be continued only by another one, so it counts as asleep.
    let stopped = fields.first()? == "T";
    if !stopped && fields.first()? != "S" {
        return None;
    }
    let switches = context_switches(&format!("{folder}/status"))?;
    let call = fs::read_to_string(format!("{folder}/syscall")).ok()?;
    let on_socket = if stopped {
        false
    } else {
        match Call::parse(&call)?.waits_for_another(pid)? {
            Other::Socket => true,
            Other::Process => false,
        }
    };
    Some(Asleep {
        thread,
        call,
        switches,
        on_socket,
    })
}

fn context_switches(status: &str) -> Option<(u64, u64)> {
    let text = fs::read_to_string(status).ok()?;
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().parse().ok()
    };
    Some((
        value("voluntary_ctxt_switches:")?,
        value("nonvoluntary_ctxt_switches:")?,
    ))
}

/// Whether the process holds a timer of `timerfd_create(2)` or `timer_create(2)`.
fn holds_a_timer(pid: i32) -> bool {
    let posix = fs::read_to_string(format!("/proc/{pid}/timers"));
    let is_timer = |it: &Descriptor| it.object.contains("[timerfd]");
    posix.is_ok_and(|text| !text.is_empty()) || descriptors(pid).iter().any(is_timer)
}

/// Whether the process has a handler for SIGALRM.
fn catches_alarm(pid: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status
        .lines()
        .find_map(|line| line.strip_prefix("SigCgt:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    caught.unwrap_or(0) & (1 << (libc::SIGALRM - 1)) != 0
}

/// What can end a wait.
enum Other {
    Process,
    Socket,
}

/// A system call that a thread is in, from `/proc/PID/syscall`.
struct Call {
    number: i64,
    arguments: [u64; 6],
}

impl Call {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let number = words.next()?.parse().ok()?;
        let mut arguments = [0; 6];
        for argument in &mut arguments {
            *argument = u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok()?;
        }
        Some(Self { number, arguments })
    }

    /// Who could end this call, if it has no timeout; `None` when it has one, or when the caller is in no
    /// call that waits for others.
    fn waits_for_another(&self, pid: i32) -> Option<Other> {
        let [first, second, third, fourth, fifth, _] = self.arguments;
        let forever = match self.number {
            libc::SYS_read | libc::SYS_readv | libc::SYS_write | libc::SYS_writev => {
                return object_waits(pid, first);
            }
            libc::SYS_splice => {
                return object_waits(pid, first).or_else(|| object_waits(pid, third));
            }
            libc::SYS_sendfile | libc::SYS_tee | libc::SYS_vmsplice => {
                return object_waits(pid, first).or_else(|| object_waits(pid, second));
            }
            libc::SYS_recvfrom
            | libc::SYS_recvmsg
            | libc::SYS_sendto
            | libc::SYS_sendmsg
            | libc::SYS_accept
            | libc::SYS_accept4
            | libc::SYS_connect => return Some(Other::Socket),
            libc::SYS_openat
            | libc::SYS_wait4
            | libc::SYS_waitid
            | libc::SYS_rt_sigsuspend
            | libc::SYS_flock
            | libc::SYS_fcntl
            | libc::SYS_msgsnd
            | libc::SYS_msgrcv
            | libc::SYS_semop => true,
            libc::SYS_futex => fourth == 0,
            libc::SYS_ppoll | libc::SYS_rt_sigtimedwait => third == 0,
            libc::SYS_pselect6 | libc::SYS_mq_timedsend | libc::SYS_mq_timedreceive => fifth == 0,
            // The timeout is an int: -1 is for ever. Its upper half is not defined.
            libc::SYS_epoll_pwait => fourth & 0xffff_ffff == 0xffff_ffff,
            number => self.waits_forever_by_an_old_call(number),
        };
        forever.then_some(Other::Process)
    }

    #[cfg(target_arch = "x86_64")]
    fn waits_forever_by_an_old_call(&self, number: i64) -> bool {
        let [_, _, third, fourth, fifth, _] = self.arguments;
        match number {
            libc::SYS_open | libc::SYS_pause => true,
            libc::SYS_poll => third & 0xffff_ffff == 0xffff_ffff,
            libc::SYS_select => fifth == 0,
            libc::SYS_epoll_wait => fourth & 0xffff_ffff == 0xffff_ffff,
            _ => false,
        }
    }

    /// Newer architectures do not have the calls that others replaced.
    #[cfg(not(target_arch = "x86_64"))]
    fn waits_forever_by_an_old_call(&self, _number: i64) -> bool {
        false
    }

    /// The call's name and the descriptor it waits on, for people.
    fn wait(&self) -> Option<Wait> {
        let (call, on_descriptor) = match self.number {
            libc::SYS_read | libc::SYS_readv => ("read", true),
            libc::SYS_write | libc::SYS_writev => ("write", true),
            libc::SYS_splice => ("splice", true),
            libc::SYS_recvfrom | libc::SYS_recvmsg => ("recv", true),
            libc::SYS_sendto | libc::SYS_sendmsg => ("send", true),
            libc::SYS_accept | libc::SYS_accept4 => ("accept", true),
            libc::SYS_connect => ("connect", true),
            libc::SYS_flock => ("flock", true),
            libc::SYS_fcntl => ("fcntl", true),
            libc::SYS_openat => ("open", false),
            libc::SYS_wait4 => ("waitpid", false),
            libc::SYS_waitid => ("waitid", false),
            libc::SYS_futex => ("futex", false),
            libc::SYS_ppoll => ("poll", false),
            libc::SYS_pselect6 => ("select", false),
            libc::SYS_epoll_pwait => ("epoll_wait", false),
            libc::SYS_rt_sigsuspend => ("sigsuspend", false),
            libc::SYS_rt_sigtimedwait => ("sigwait", false),
            libc::SYS_mq_timedsend => ("mq_send", true),
            libc::SYS_mq_timedreceive => ("mq_receive", true),
            libc::SYS_nanosleep | libc::SYS_clock_nanosleep => ("nanosleep", false),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_poll => ("poll", false),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_select => ("select", false),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_epoll_wait => ("epoll_wait", false),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_pause => ("pause", false),
            _ => return None,
        };
        let descriptor = on_descriptor.then(|| i32::try_from(self.arguments[0]).ok());
        Some(Wait {
            call: call.to_owned(),
            descriptor: descriptor.flatten(),
        })
    }
}

/// Who can end a wait on this descriptor; `None` where it is no object between processes.
fn object_waits(pid: i32, descriptor: u64) -> Option<Other> {
    let path = format!("/proc/{pid}/fd/{descriptor}");
    let kind = fs::metadata(&path).ok()?.file_type();
    if kind.is_fifo() {
        return Some(Other::Process);
    }
    if kind.is_socket() {
        return Some(Other::Socket);
    }
    let object = fs::read_link(&path).ok()?;
    let object = object.to_string_lossy();
    let between_processes = ["eventfd", "signalfd", "pidfd"];
    let anonymous = object.strip_prefix("anon_inode:")?;
    between_processes
        .iter()
        .any(|name| anonymous.contains(name))
        .then_some(Other::Process)
}

/// The open descriptors of a process, by number.
fn descriptors(pid: i32) -> Vec<Descriptor> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return Vec::new();
    };
    let describe = |entry: fs::DirEntry| {
        let number = entry.file_name().to_str()?.parse().ok()?;
        let object = fs::read_link(entry.path())
            .ok()?
            .to_string_lossy()
            .into_owned();
        // The link's own permission bits say how the descriptor was opened (`proc_pid_fd(5)`).
        let mode = fs::symlink_metadata(entry.path()).ok()?.mode();
        Some(Descriptor {
            number,
            object,
            reads: mode & 0o400 != 0,
            writes: mode & 0o200 != 0,
        })
    };
    let mut descriptors: Vec<Descriptor> = entries.flatten().filter_map(describe).collect();
    descriptors.sort_by_key(|descriptor| descriptor.number);
    descriptors
}
