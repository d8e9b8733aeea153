//! Which system calls are traced.
//!
//! The list is a matter of what exercises are about; conditions on arguments (only shared mappings, only the signals
//! that matter) are in [`super::filter`]. Calls that an architecture does not have are left out by `cfg`.

use nix::libc;

/// A traced call's number and name.
pub type Named = (libc::c_long, &'static str);

macro_rules! named {
    ($($number:ident $name:literal),* $(,)?) => {
        &[$((libc::$number, $name)),*]
    };
}

/// Calls that are always traced.
const ALWAYS: &[Named] = named![
    // Processes.
    SYS_clone "clone", SYS_clone3 "clone3", SYS_execve "execve", SYS_execveat "execveat",
    SYS_wait4 "waitpid", SYS_waitid "waitid", SYS_setpgid "setpgid", SYS_setsid "setsid", SYS_prctl "prctl",
    // Signals.
    SYS_kill "kill", SYS_tkill "tkill", SYS_tgkill "tgkill", SYS_rt_sigqueueinfo "sigqueue",
    SYS_pidfd_send_signal "pidfd_send_signal", SYS_rt_sigaction "sigaction", SYS_rt_sigsuspend "sigsuspend",
    SYS_rt_sigtimedwait "sigtimedwait", SYS_rt_sigprocmask "sigprocmask", SYS_signalfd4 "signalfd",
    SYS_pidfd_open "pidfd_open",
    // Descriptors.
    SYS_pipe2 "pipe", SYS_dup "dup", SYS_dup3 "dup3", SYS_fcntl "fcntl", SYS_close "close",
    SYS_close_range "close_range", SYS_openat "open", SYS_mknodat "mknod", SYS_unlinkat "unlink",
    SYS_memfd_create "memfd_create",
    // Inter-process communication.
    SYS_mq_open "mq_open", SYS_mq_unlink "mq_unlink", SYS_mq_timedsend "mq_send",
    SYS_mq_timedreceive "mq_receive", SYS_mq_notify "mq_notify", SYS_mmap "mmap", SYS_ftruncate "ftruncate",
    SYS_shmget "shmget", SYS_shmat "shmat", SYS_semget "semget", SYS_msgget "msgget",
    // Waiting.
    SYS_nanosleep "nanosleep", SYS_clock_nanosleep "nanosleep", SYS_sched_yield "sched_yield",
    SYS_restart_syscall "restart_syscall", SYS_ppoll "poll", SYS_pselect6 "select", SYS_epoll_pwait "epoll_wait",
    SYS_setitimer "setitimer",
    // Sockets.
    SYS_socket "socket", SYS_socketpair "socketpair", SYS_bind "bind", SYS_listen "listen",
    SYS_accept "accept", SYS_accept4 "accept", SYS_connect "connect", SYS_shutdown "shutdown",
    // Scheduling.
    SYS_setpriority "setpriority", SYS_sched_setscheduler "sched_setscheduler",
    SYS_sched_setaffinity "sched_setaffinity", SYS_sched_setparam "sched_setparam",
    SYS_sched_setattr "sched_setattr",
    // Files.
    SYS_fsync "fsync", SYS_fdatasync "fdatasync", SYS_renameat2 "rename", SYS_renameat "rename",
    SYS_linkat "link",
    // The terminal.
    SYS_ioctl "ioctl",
    // Only writes to standard output and standard error, unless data is traced.
    SYS_write "write", SYS_writev "writev",
];

/// Calls that newer architectures do not have.
#[cfg(target_arch = "x86_64")]
const OLD: &[Named] = named![
    SYS_fork "fork", SYS_vfork "vfork", SYS_pipe "pipe", SYS_dup2 "dup2", SYS_open "open",
    SYS_creat "open", SYS_mknod "mknod", SYS_unlink "unlink", SYS_poll "poll", SYS_select "select",
    SYS_epoll_wait "epoll_wait", SYS_pause "pause", SYS_rename "rename", SYS_link "link", SYS_alarm "alarm",
];

#[cfg(not(target_arch = "x86_64"))]
const OLD: &[Named] = &[];

/// Calls that move data or hand over locks. They are many, so an exercise asks for them.
const HOT: &[Named] = named![
    SYS_read "read", SYS_readv "readv", SYS_pread64 "pread", SYS_preadv "preadv", SYS_preadv2 "preadv",
    SYS_pwrite64 "pwrite", SYS_pwritev "pwritev", SYS_pwritev2 "pwritev",
    SYS_sendto "send", SYS_sendmsg "sendmsg", SYS_sendmmsg "sendmmsg", SYS_recvfrom "recv",
    SYS_recvmsg "recvmsg", SYS_recvmmsg "recvmmsg", SYS_splice "splice", SYS_tee "tee",
    SYS_vmsplice "vmsplice", SYS_sendfile "sendfile", SYS_copy_file_range "copy_file_range",
    SYS_futex "futex",
];

/// Whether calls that move data are traced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// They are.
    Traced,
    /// Only what goes to standard output and standard error is.
    OutputOnly,
}

/// The calls that are traced.
pub fn traced(data: Data) -> impl Iterator<Item = Named> {
    let hot = if data == Data::Traced { HOT } else { &[] };
    ALWAYS.iter().chain(OLD).chain(hot).copied()
}

/// Whether calls of this name are traced only with [`Data::Traced`], all of them or some.
#[must_use]
pub fn moves_data(name: &str) -> bool {
    let hot = HOT.iter().any(|(_, it)| *it == name);
    hot || ["write", "writev"].contains(&name)
}

/// The name of a traced call; an untraced one has none.
#[must_use]
pub fn name(number: libc::c_long) -> Option<&'static str> {
    *NAMES.get(usize::try_from(number).ok()?)?
}

/// The names by number: they are asked for at every stop.
static NAMES: [Option<&str>; 512] = {
    let mut names = [None; 512];
    let lists = [ALWAYS, OLD, HOT];
    let mut list = 0;
    while list < lists.len() {
        let mut at = 0;
        while at < lists[list].len() {
            let (number, name) = lists[list][at];
            // All calls of the two architectures are below 512; one above would not compile.
            #[expect(
                clippy::cast_sign_loss,
                clippy::cast_possible_truncation,
                reason = "constants"
            )]
            let number = number as usize;
            names[number] = Some(name);
            at += 1;
        }
        list += 1;
    }
    names
};

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_call_is_listed_twice() {
        let numbers: Vec<libc::c_long> = traced(Data::Traced).map(|(number, _)| number).collect();
        let unique: BTreeSet<libc::c_long> = numbers.iter().copied().collect();
        assert_eq!(numbers.len(), unique.len());
    }

    #[test]
    fn data_is_traced_only_where_it_is_asked_for() {
        let has = |data, number| traced(data).any(|(it, _)| it == number);
        assert!(has(Data::Traced, libc::SYS_read));
        assert!(!has(Data::OutputOnly, libc::SYS_read));
        assert_eq!(name(libc::SYS_pipe2), Some("pipe"));
        assert_eq!(name(libc::SYS_getpid), None);
    }
}
