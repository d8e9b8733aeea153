//! Which system calls are traced, and what each is about.
//!
//! The list is a matter of what exercises are about; conditions on arguments (only shared mappings, only the signals
//! that matter) are in [`super::filter`]. Calls that an architecture does not have are left out by `cfg`.

use nix::libc;

/// A traced call's number and name.
pub type Named = (libc::c_long, &'static str);

/// What the recorder knows of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its name in the record.
    pub name: &'static str,
    /// What it is about.
    pub about: About,
    /// What it does.
    pub does: Does,
}

/// What a call is about, by its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Neither a descriptor nor a path.
    Nothing,
    /// The descriptor that is its first argument.
    Descriptor,
    /// The path that this argument points to.
    Path(usize),
}

/// What a call does to the recorder's model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Nothing: it is shown as it is.
    Nothing,
    /// It makes a process or a thread: fork.
    Fork,
    /// The same by vfork, clone and clone3, each with flags of its own.
    Vfork,
    /// See [`Does::Vfork`].
    Clone,
    /// See [`Does::Vfork`].
    Clone3,
    /// It executes a program.
    Exec,
    /// It waits for a child whose status it stores.
    Wait,
    /// It waits for a child whose state it stores.
    WaitById,
    /// It sends a signal to a process or a group.
    SendSignal,
    /// The same to a thread.
    SendToThread,
    /// The same to a thread of a given process.
    SendToThreadOf,
    /// The same by a descriptor.
    SendByDescriptor,
    /// It sets what a signal does.
    SetAction,
    /// It sets which signals are blocked.
    SetMask,
    /// It sets an alarm.
    SetAlarm,
    /// It sets a timer, which can be an alarm.
    SetTimer,
    /// It sets a timer of `timer_create(2)`.
    SetPosixTimer,
    /// It removes one.
    DeletePosixTimer,
    /// It sets a timeout of a socket.
    SetSocketTimeout,
    /// It lets others run.
    Yield,
    /// It sets a property of the process, such as its name.
    SetProperty,
    /// It makes a pipe.
    MakePipe,
    /// It makes a pair of sockets.
    MakePair,
    /// It makes a socket.
    MakeSocket,
    /// It accepts a connection, which is a new socket.
    Accept,
    /// It opens a file.
    OpenFile,
    /// It opens a message queue.
    OpenQueue,
    /// It removes one.
    RemoveQueue,
    /// It makes a System V object, or finds one.
    OpenSystemV,
    /// It opens something else: the new descriptor is its result.
    OpenOther,
    /// It duplicates a descriptor.
    Duplicate,
    /// The same, with flags.
    DuplicateWithFlags,
    /// It changes a descriptor, or duplicates it.
    Control,
    /// It closes a descriptor.
    Close,
    /// It closes a range of descriptors.
    CloseRange,
    /// It maps memory.
    Map,
    /// It maps a System V segment.
    Attach,
    /// It gives a file another name.
    Rename,
    /// It unmaps memory.
    Unmap,
    /// It takes data out of a descriptor.
    Take,
    /// It puts data into a descriptor.
    Put,
    /// It moves data from its first to its third argument.
    Splice,
    /// It moves data from its second to its first argument.
    SendFile,
    /// It copies data from its first to its second argument.
    Tee,
    /// It puts a message into a queue.
    PutMessage,
    /// It takes a message out of a queue.
    TakeMessage,
}

type Row = (libc::c_long, Known);

/// Rows of a table: the number, the name, what the call is about, what it does.
macro_rules! rows {
    ($($number:ident $name:literal $about:expr, $does:ident);* $(;)?) => {
        &[$((libc::$number, Known { name: $name, about: $about, does: Does::$does })),*]
    };
}

const NO: About = About::Nothing;
const FD: About = About::Descriptor;
const PATH: About = About::Path(0);
/// Of the calls with `at` in their name, whose first argument is a folder.
const PATH_AT: About = About::Path(1);

/// Calls that are always traced.
#[rustfmt::skip]
const ALWAYS: &[Row] = rows![
    // Processes.
    SYS_clone "clone" NO, Clone; SYS_clone3 "clone3" NO, Clone3;
    SYS_execve "execve" PATH, Exec; SYS_execveat "execveat" PATH_AT, Exec;
    SYS_wait4 "waitpid" NO, Wait; SYS_waitid "waitid" NO, WaitById;
    SYS_setpgid "setpgid" NO, Nothing; SYS_setsid "setsid" NO, Nothing; SYS_prctl "prctl" NO, SetProperty;
    // Signals.
    SYS_kill "kill" NO, SendSignal; SYS_tkill "tkill" NO, SendToThread; SYS_tgkill "tgkill" NO, SendToThreadOf;
    SYS_rt_sigqueueinfo "sigqueue" NO, SendSignal; SYS_pidfd_send_signal "pidfd_send_signal" FD, SendByDescriptor;
    SYS_rt_sigaction "sigaction" NO, SetAction; SYS_rt_sigprocmask "sigprocmask" NO, SetMask;
    SYS_rt_sigsuspend "sigsuspend" NO, Nothing; SYS_rt_sigtimedwait "sigtimedwait" NO, Nothing;
    SYS_signalfd4 "signalfd" NO, OpenOther; SYS_pidfd_open "pidfd_open" NO, OpenOther;
    // Descriptors.
    SYS_pipe2 "pipe" NO, MakePipe; SYS_dup "dup" FD, Duplicate; SYS_dup3 "dup3" FD, DuplicateWithFlags;
    SYS_fcntl "fcntl" FD, Control; SYS_close "close" FD, Close; SYS_close_range "close_range" NO, CloseRange;
    SYS_openat "open" PATH_AT, OpenFile; SYS_mknodat "mknod" PATH_AT, Nothing;
    SYS_unlinkat "unlink" PATH_AT, Nothing; SYS_memfd_create "memfd_create" NO, OpenOther;
    // Inter-process communication.
    SYS_mq_open "mq_open" PATH, OpenQueue; SYS_mq_unlink "mq_unlink" PATH, RemoveQueue;
    SYS_mq_timedsend "mq_send" FD, PutMessage; SYS_mq_timedreceive "mq_receive" FD, TakeMessage;
    SYS_mq_notify "mq_notify" FD, Nothing; SYS_mmap "mmap" NO, Map; SYS_ftruncate "ftruncate" FD, Nothing;
    SYS_shmget "shmget" NO, OpenSystemV; SYS_shmat "shmat" NO, Attach; SYS_semget "semget" NO, OpenSystemV;
    SYS_msgget "msgget" NO, OpenSystemV;
    // Waiting.
    SYS_nanosleep "nanosleep" NO, Nothing; SYS_clock_nanosleep "nanosleep" NO, Nothing;
    SYS_sched_yield "sched_yield" NO, Yield; SYS_restart_syscall "restart_syscall" NO, Nothing;
    SYS_ppoll "poll" NO, Nothing; SYS_pselect6 "select" NO, Nothing; SYS_epoll_pwait "epoll_wait" FD, Nothing;
    SYS_setitimer "setitimer" NO, SetTimer; SYS_timer_settime "timer_settime" NO, SetPosixTimer;
    SYS_timer_delete "timer_delete" NO, DeletePosixTimer;
    // Sockets.
    SYS_socket "socket" NO, MakeSocket; SYS_socketpair "socketpair" NO, MakePair; SYS_bind "bind" FD, Nothing;
    SYS_listen "listen" FD, Nothing; SYS_accept "accept" FD, Accept; SYS_accept4 "accept" FD, Accept;
    SYS_connect "connect" FD, Nothing; SYS_shutdown "shutdown" FD, Nothing;
    SYS_setsockopt "setsockopt" FD, SetSocketTimeout;
    // Scheduling.
    SYS_setpriority "setpriority" NO, Nothing; SYS_sched_setscheduler "sched_setscheduler" NO, Nothing;
    SYS_sched_setaffinity "sched_setaffinity" NO, Nothing; SYS_sched_setparam "sched_setparam" NO, Nothing;
    SYS_sched_setattr "sched_setattr" NO, Nothing;
    // Files.
    SYS_fsync "fsync" FD, Nothing; SYS_fdatasync "fdatasync" FD, Nothing;
    SYS_renameat2 "rename" PATH_AT, Rename; SYS_renameat "rename" PATH_AT, Rename;
    SYS_linkat "link" PATH_AT, Nothing;
    // The terminal.
    SYS_ioctl "ioctl" FD, Nothing;
    // Only writes to standard output and standard error, unless data is traced.
    SYS_write "write" FD, Put; SYS_writev "writev" FD, Put;
];

/// Calls that newer architectures do not have.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
const OLD: &[Row] = rows![
    SYS_fork "fork" NO, Fork; SYS_vfork "vfork" NO, Vfork; SYS_pipe "pipe" NO, MakePipe; SYS_dup2 "dup2" FD, Duplicate;
    SYS_open "open" PATH, OpenFile; SYS_creat "open" PATH, OpenFile; SYS_mknod "mknod" PATH, Nothing;
    SYS_unlink "unlink" PATH, Nothing; SYS_poll "poll" NO, Nothing; SYS_select "select" NO, Nothing;
    SYS_epoll_wait "epoll_wait" FD, Nothing; SYS_pause "pause" NO, Nothing; SYS_rename "rename" PATH, Rename;
    SYS_link "link" PATH, Nothing; SYS_alarm "alarm" NO, SetAlarm;
];

#[cfg(not(target_arch = "x86_64"))]
const OLD: &[Row] = &[];

/// Calls that move data or hand over locks. They are many, so an exercise asks for them.
#[rustfmt::skip]
const HOT: &[Row] = rows![
    SYS_read "read" FD, Take; SYS_readv "readv" FD, Take; SYS_pread64 "pread" FD, Take; SYS_preadv "preadv" FD, Take;
    SYS_preadv2 "preadv" FD, Take; SYS_pwrite64 "pwrite" FD, Put; SYS_pwritev "pwritev" FD, Put;
    SYS_pwritev2 "pwritev" FD, Put; SYS_sendto "send" FD, Put; SYS_sendmsg "sendmsg" FD, Put;
    SYS_sendmmsg "sendmmsg" FD, Nothing; SYS_recvfrom "recv" FD, Take; SYS_recvmsg "recvmsg" FD, Take;
    SYS_recvmmsg "recvmmsg" FD, Nothing; SYS_splice "splice" FD, Splice; SYS_tee "tee" FD, Tee;
    SYS_vmsplice "vmsplice" FD, Put; SYS_sendfile "sendfile" FD, SendFile;
    SYS_copy_file_range "copy_file_range" FD, Splice; SYS_futex "futex" NO, Nothing;
];

/// Calls that let go of memory.
const MEMORY: &[Row] = rows![
    SYS_munmap "munmap" NO, Unmap;
];

/// Whether calls that move data are traced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// They are.
    Traced,
    /// They are, and those that unmap memory too.
    TracedWithMemory,
    /// Only what goes to standard output and standard error is.
    OutputOnly,
}

/// The calls that are traced.
pub fn traced(data: Data) -> impl Iterator<Item = Named> {
    let (hot, memory) = match data {
        Data::TracedWithMemory => (HOT, MEMORY),
        Data::Traced => (HOT, &[] as &[Row]),
        Data::OutputOnly => (&[] as &[Row], &[] as &[Row]),
    };
    let rows = ALWAYS.iter().chain(OLD).chain(hot).chain(memory);
    rows.map(|(number, known)| (*number, known.name))
}

/// Whether calls of this name are traced only with [`Data::Traced`], all of them or some.
#[must_use]
pub fn moves_data(name: &str) -> bool {
    let hot = HOT.iter().any(|(_, it)| it.name == name);
    hot || ["write", "writev"].contains(&name)
}

/// What is known of a traced call; of an untraced one nothing.
#[must_use]
pub fn known(number: libc::c_long) -> Option<&'static Known> {
    CALLS.get(usize::try_from(number).ok()?)?.as_ref()
}

/// A call that nobody asked for.
pub static UNKNOWN: Known = Known {
    name: "call",
    about: About::Nothing,
    does: Does::Nothing,
};

/// The calls by number: they are asked for at every stop.
static CALLS: [Option<Known>; 512] = {
    let mut calls = [None; 512];
    let lists = [ALWAYS, OLD, HOT, MEMORY];
    let mut list = 0;
    while list < lists.len() {
        let mut at = 0;
        while at < lists[list].len() {
            let (number, known) = lists[list][at];
            // All calls of the two architectures are below 512; one above would not compile.
            #[expect(
                clippy::cast_sign_loss,
                clippy::cast_possible_truncation,
                reason = "constants"
            )]
            let number = number as usize;
            calls[number] = Some(known);
            at += 1;
        }
        list += 1;
    }
    calls
};

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_call_is_listed_twice() {
        let numbers: Vec<libc::c_long> = traced(Data::TracedWithMemory)
            .map(|(number, _)| number)
            .collect();
        let unique: BTreeSet<libc::c_long> = numbers.iter().copied().collect();
        assert_eq!(numbers.len(), unique.len());
    }

    #[test]
    fn data_is_traced_only_where_it_is_asked_for() {
        let has = |data, number| traced(data).any(|(it, _)| it == number);
        assert!(has(Data::Traced, libc::SYS_read));
        assert!(!has(Data::OutputOnly, libc::SYS_read));
        assert_eq!(known(libc::SYS_pipe2).map(|it| it.name), Some("pipe"));
        assert_eq!(known(libc::SYS_getpid), None);
    }
}
