//! The names of calls that expectations and interventions can use: those of the record, without the kernel's numbers and
//! prefixes. `fork`, `exec`, `waitpid` and `kill` stand for all forms of them.

/// Calls that can be counted.
const COUNTED: [&str; 51] = [
    "fork",
    "exec",
    "waitpid",
    "setpgid",
    "setsid",
    "prctl",
    "kill",
    "sigaction",
    "sigsuspend",
    "sigtimedwait",
    "sigprocmask",
    "pause",
    "alarm",
    "setitimer",
    "setsockopt",
    "timer_delete",
    "timer_settime",
    "fcntl",
    "close",
    "close_range",
    "mknod",
    "unlink",
    "rename",
    "link",
    "fsync",
    "fdatasync",
    "ftruncate",
    "ioctl",
    "mmap",
    "mq_unlink",
    "mq_send",
    "mq_receive",
    "mq_notify",
    "shmget",
    "shmat",
    "semget",
    "msgget",
    "nanosleep",
    "sched_yield",
    "poll",
    "select",
    "epoll_wait",
    "bind",
    "listen",
    "connect",
    "shutdown",
    "setpriority",
    "sched_setscheduler",
    "sched_setaffinity",
    "sched_setparam",
    "sched_setattr",
];

/// Calls that open descriptors.
const OPENING: [&str; 12] = [
    "open",
    "pipe",
    "socket",
    "socketpair",
    "accept",
    "dup",
    "dup2",
    "dup3",
    "memfd_create",
    "pidfd_open",
    "signalfd",
    "mq_open",
];

/// Calls that move data or hand over locks. They are many, so they are traced only where an exercise asks for it.
const HOT: [&str; 20] = [
    "read",
    "readv",
    "pread",
    "preadv",
    "write",
    "writev",
    "pwrite",
    "pwritev",
    "send",
    "sendmsg",
    "sendmmsg",
    "recv",
    "recvmsg",
    "recvmmsg",
    "splice",
    "tee",
    "vmsplice",
    "sendfile",
    "copy_file_range",
    "futex",
];

/// Whether this is the name of a call that the recorder sees.
#[must_use]
pub fn is_call(name: &str) -> bool {
    countable(name).is_ok()
}

/// Whether a call moves data.
pub(super) fn moves_data(name: &str) -> bool {
    HOT.contains(&name)
}

/// Refuses the name of a call that cannot be counted.
pub(super) fn countable(name: &str) -> Result<(), &'static str> {
    let names = [&COUNTED as &[&str], &OPENING, &HOT];
    if names.iter().any(|names| names.contains(&name)) {
        return Ok(());
    }
    Err(
        "no call that the recorder sees has this name: `fork`, `exec`, `waitpid` and `kill` stand for all their forms",
    )
}
