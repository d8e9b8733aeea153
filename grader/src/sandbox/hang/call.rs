//! System calls that a thread may sleep in, and what each of them waits for.
//!
//! It is long because it has a paragraph for each family of calls, and nothing else. Arguments come from the student's program: what
//! cannot be read, or makes no sense, is [`Awaited::Other`], which is never a hang.

use nix::libc;

use super::descriptors;
use super::sockets::Sockets;
use super::thread::{Thread, signals};
use super::words;
use crate::record::alive::{Awaited, Descriptor, Kind, Timeout, Wait, Which};
use crate::trace::{Recorder, calls, memory};

/// Calls newer than the names of the C library's headers; the numbers are those of all architectures.
const FUTEX_WAITV: i64 = 449;
const FUTEX_WAIT: i64 = 455;

/// At most so many descriptors of a `poll(2)` are looked at.
const MOST_POLLED: usize = 64;

/// A system call that a thread is in, from `/proc/PID/syscall`.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) number: i64,
    pub(super) arguments: [u64; 6],
}

/// The process that a call belongs to, and what is known of it.
#[derive(Debug)]
pub(super) struct Process<'a> {
    /// One of its threads that have not ended, by which `/proc` shows the whole.
    pub(super) pid: i32,
    pub(super) group: i32,
    pub(super) descriptors: &'a [Descriptor],
    pub(super) sockets: &'a Sockets,
    pub(super) recorder: Option<&'a Recorder>,
}

impl Process<'_> {
    fn kind(&self, number: i32) -> Option<&Kind> {
        let mut descriptors = self.descriptors.iter();
        descriptors
            .find(|it| it.number == number)
            .map(|it| &it.kind)
    }
}

impl Call {
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let number = words.next()?.parse().ok()?;
        let mut arguments = [0; 6];
        for argument in &mut arguments {
            *argument = u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok()?;
        }
        Some(Self { number, arguments })
    }

    /// Whether the kernel has begun a call again after the thread was stopped, without saying which.
    pub(super) fn began_again(&self) -> bool {
        self.number == libc::SYS_restart_syscall
    }

    /// Whether the caller waits until a child that shares its memory lets go of it. Then it is not in an interruptible sleep.
    ///
    /// Without CLONE_VFORK the same calls do not wait for a child, but for the kernel: while it moves processes from one control group to
    /// another, say, nobody can fork.
    pub(super) fn is_vfork(&self, pid: i32) -> bool {
        let [first, ..] = self.arguments;
        let flags = match self.number {
            #[cfg(target_arch = "x86_64")]
            libc::SYS_vfork => return true,
            libc::SYS_clone => Some(first),
            // They are the first field of what its argument points to.
            libc::SYS_clone3 => memory::bytes(pid, first).map(u64::from_ne_bytes),
            _ => None,
        };
        let waits = u64::from(libc::CLONE_VFORK.cast_unsigned());
        flags.is_some_and(|flags| flags & waits != 0)
    }

    /// Whether the arguments alone show that the call ends by itself.
    pub(super) fn shows_timeout(&self) -> bool {
        self.timeout_place().is_some_and(|place| match place {
            Place::Never => false,
            Place::Always | Place::Pointer(_) => true,
            Place::Milliseconds(milliseconds) => milliseconds >= 0,
        })
    }

    /// Where the timeout is; `None` for calls that have none.
    fn timeout_place(&self) -> Option<Place> {
        let [first, second, third, fourth, fifth, _] = self.arguments;
        let pointer = |address: u64| match address {
            0 => Place::Never,
            address => Place::Pointer(address),
        };
        Some(match self.number {
            libc::SYS_nanosleep => Place::Pointer(first),
            libc::SYS_clock_nanosleep if second == 0 => Place::Pointer(third),
            libc::SYS_clock_nanosleep | libc::SYS_restart_syscall => Place::Always,
            libc::SYS_futex | libc::SYS_semtimedop | libc::SYS_epoll_pwait2 | FUTEX_WAITV => {
                pointer(fourth)
            }
            libc::SYS_ppoll | libc::SYS_rt_sigtimedwait => pointer(third),
            libc::SYS_pselect6
            | libc::SYS_mq_timedsend
            | libc::SYS_mq_timedreceive
            | libc::SYS_recvmmsg
            | FUTEX_WAIT => pointer(fifth),
            libc::SYS_epoll_pwait => Place::Milliseconds(int(fourth)),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_poll => Place::Milliseconds(int(third)),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_epoll_wait => Place::Milliseconds(int(fourth)),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_select => pointer(fifth),
            _ => return None,
        })
    }

    fn timeout(&self, process: &Process<'_>) -> Option<Timeout> {
        match self.timeout_place()? {
            Place::Never => None,
            Place::Milliseconds(milliseconds) => {
                u64::try_from(milliseconds).ok().map(Timeout::Milliseconds)
            }
            Place::Always => Some(Timeout::Unknown),
            Place::Pointer(_) if self.counts_from_an_epoch() => Some(Timeout::Unknown),
            Place::Pointer(address) => Some(
                duration(process.pid, address, self.parts_of_a_second())
                    .map_or(Timeout::Unknown, Timeout::Milliseconds),
            ),
        }
    }

    /// Whether the timeout is a moment, not a length of time.
    fn counts_from_an_epoch(&self) -> bool {
        let is_plain_wait = int(self.arguments[1]) & words::COMMAND == libc::FUTEX_WAIT;
        match self.number {
            libc::SYS_futex => !is_plain_wait,
            libc::SYS_mq_timedsend | libc::SYS_mq_timedreceive | FUTEX_WAITV | FUTEX_WAIT => true,
            _ => false,
        }
    }

    fn parts_of_a_second(&self) -> u64 {
        #[cfg(target_arch = "x86_64")]
        if self.number == libc::SYS_select {
            return 1_000_000;
        }
        1_000_000_000
    }

    /// What the caller waits for.
    pub(super) fn wait(&self, thread: &Thread, process: &Process<'_>) -> Wait {
        let name = self.name();
        let descriptor = descriptor_matters(&name).then(|| int(self.arguments[0]));
        Wait {
            descriptor,
            timeout: self.timeout(process),
            awaited: self.awaited(thread, process),
            call: name,
        }
    }

    /// What people call it.
    fn name(&self) -> String {
        let name = match self.number {
            libc::SYS_read | libc::SYS_readv => "read",
            libc::SYS_write | libc::SYS_writev => "write",
            libc::SYS_recvfrom | libc::SYS_recvmsg | libc::SYS_recvmmsg => "recv",
            libc::SYS_sendto | libc::SYS_sendmsg | libc::SYS_sendmmsg => "send",
            libc::SYS_rt_sigtimedwait => "sigwait",
            libc::SYS_futex | FUTEX_WAITV | FUTEX_WAIT => "futex",
            libc::SYS_epoll_pwait2 => "epoll_wait",
            libc::SYS_openat2 => "open",
            libc::SYS_flock => "flock",
            libc::SYS_msgsnd => "msgsnd",
            libc::SYS_msgrcv => "msgrcv",
            libc::SYS_semop | libc::SYS_semtimedop => "semop",
            libc::SYS_clone | libc::SYS_clone3 => "vfork",
            libc::SYS_splice => "splice",
            libc::SYS_tee => "tee",
            libc::SYS_vmsplice => "vmsplice",
            libc::SYS_sendfile => "sendfile",
            // Whatever it was, it sleeps for a time.
            libc::SYS_restart_syscall => "nanosleep",
            number => match calls::known(number) {
                Some(known) => known.name,
                None => return format!("system call {number}"),
            },
        };
        name.to_owned()
    }

    fn awaited(&self, thread: &Thread, process: &Process<'_>) -> Vec<Awaited> {
        let [first, second, third, ..] = self.arguments;
        let data = |number: u64| {
            vec![Awaited::Data {
                descriptor: int(number),
            }]
        };
        let room = |number: u64| {
            vec![Awaited::Room {
                descriptor: int(number),
            }]
        };
        match self.number {
            libc::SYS_nanosleep | libc::SYS_clock_nanosleep => Vec::new(),
            libc::SYS_read
            | libc::SYS_readv
            | libc::SYS_recvfrom
            | libc::SYS_recvmsg
            | libc::SYS_recvmmsg
            | libc::SYS_accept
            | libc::SYS_accept4
            | libc::SYS_mq_timedreceive
            | libc::SYS_epoll_pwait
            | libc::SYS_epoll_pwait2 => data(first),
            libc::SYS_write
            | libc::SYS_writev
            | libc::SYS_sendto
            | libc::SYS_sendmsg
            | libc::SYS_sendmmsg
            | libc::SYS_mq_timedsend
            | libc::SYS_vmsplice => room(first),
            libc::SYS_splice => moved(process, thread, int(first), int(third)),
            libc::SYS_tee => moved(process, thread, int(first), int(second)),
            libc::SYS_sendfile => moved(process, thread, int(second), int(first)),
            libc::SYS_connect => {
                let listener = process.sockets.listener(process.pid, second);
                vec![Awaited::Acceptance { listener }]
            }
            libc::SYS_openat => opening(process, int(first), second, third),
            libc::SYS_openat2 => match memory::bytes(process.pid, third) {
                Some(flags) => opening(process, int(first), second, u64::from_ne_bytes(flags)),
                None => vec![Awaited::Other],
            },
            libc::SYS_futex | FUTEX_WAITV | FUTEX_WAIT => self.word(process),
            libc::SYS_wait4 => {
                let which = match int(first) {
                    -1 => Which::Any,
                    0 => Which::Group(process.group),
                    pid if pid > 0 => Which::Pid(pid),
                    group => Which::Group(-group),
                };
                vec![Awaited::Child { which }]
            }
            libc::SYS_waitid => child_by_id(process, first, int(second)),
            _ if self.is_vfork(process.pid) => vec![Awaited::Vforked],
            libc::SYS_rt_sigsuspend => {
                // The argument is what is blocked meanwhile. Where little else is left, that is what is waited for.
                let blocked = memory::bytes(process.pid, first).map(u64::from_ne_bytes);
                let open = blocked.map_or(Vec::new(), |it| signals(!it & STANDARD));
                let few = open.len() <= 4;
                vec![Awaited::Signal {
                    signals: if few { open } else { Vec::new() },
                }]
            }
            libc::SYS_rt_sigtimedwait => match memory::bytes(process.pid, first) {
                Some(set) => vec![Awaited::Signal {
                    signals: signals(u64::from_ne_bytes(set)),
                }],
                None => vec![Awaited::Other],
            },
            libc::SYS_flock => vec![super::locks::wanted(int(first))],
            libc::SYS_fcntl if matches!(int(second), libc::F_SETLKW | libc::F_OFD_SETLKW) => {
                vec![super::locks::wanted(int(first))]
            }
            libc::SYS_msgsnd => system_v("room in a System V message queue"),
            libc::SYS_msgrcv => system_v("a message in a System V message queue"),
            libc::SYS_semop | libc::SYS_semtimedop => system_v("a System V semaphore"),
            libc::SYS_ppoll => polled(process, first, second),
            libc::SYS_pselect6 => selected(process, &self.arguments),
            number => self.awaited_by_an_old_call(process, number),
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn awaited_by_an_old_call(&self, process: &Process<'_>, number: i64) -> Vec<Awaited> {
        let [first, second, ..] = self.arguments;
        match number {
            libc::SYS_open => opening(process, libc::AT_FDCWD, first, second),
            libc::SYS_pause => vec![Awaited::Signal {
                signals: Vec::new(),
            }],
            libc::SYS_poll => polled(process, first, second),
            libc::SYS_select => selected(process, &self.arguments),
            libc::SYS_epoll_wait => vec![Awaited::Data {
                descriptor: int(first),
            }],
            _ => vec![Awaited::Other],
        }
    }

    /// Newer architectures do not have the calls that others replaced.
    #[cfg(not(target_arch = "x86_64"))]
    fn awaited_by_an_old_call(&self, _process: &Process<'_>, _number: i64) -> Vec<Awaited> {
        vec![Awaited::Other]
    }

    fn word(&self, process: &Process<'_>) -> Vec<Awaited> {
        let [first, second, third, fourth, ..] = self.arguments;
        let word = match self.number {
            libc::SYS_futex => words::waited(process, first, int(second), Some(third)),
            // The flag for private ones is the same bit in the newer calls.
            FUTEX_WAIT => words::waited(process, first, int(fourth) & words::PRIVATE, Some(second)),
            _ => None,
        };
        vec![word.unwrap_or(Awaited::Other)]
    }
}

/// The signals that are not real-time ones.
const STANDARD: u64 = 0x7fff_ffff;

/// Where a call has its timeout.
enum Place {
    Never,
    Always,
    Pointer(u64),
    Milliseconds(i32),
}

fn system_v(what: &str) -> Vec<Awaited> {
    let what = what.to_owned();
    vec![Awaited::SystemV { what }]
}

/// A call that moves data from one descriptor to another waits for one of the two; a file keeps nobody waiting. Of two pipes the
/// kernel's own function says which, where it shows that.
fn moved(process: &Process<'_>, thread: &Thread, from: i32, to: i32) -> Vec<Awaited> {
    let waits = |number| !matches!(process.kind(number), None | Some(Kind::File));
    let place = thread.kernel_function().unwrap_or_default();
    let mut awaited = Vec::new();
    if waits(from) && !place.contains("writable") {
        awaited.push(Awaited::Data { descriptor: from });
    }
    if waits(to) && !place.contains("readable") {
        awaited.push(Awaited::Room { descriptor: to });
    }
    awaited
}

fn opening(process: &Process<'_>, folder: i32, path: u64, flags: u64) -> Vec<Awaited> {
    let path = memory::text(process.pid, path);
    let fifo = path.and_then(|path| descriptors::fifo_at(process.pid, folder, &path));
    vec![fifo.map_or(Awaited::Other, |path| Awaited::Opening {
        path,
        reads: int(flags) & libc::O_ACCMODE == libc::O_RDONLY,
    })]
}

/// `waitid(idtype, id, …)`.
fn child_by_id(process: &Process<'_>, kind: u64, id: i32) -> Vec<Awaited> {
    let which = match u32::try_from(kind) {
        Ok(libc::P_ALL) => Which::Any,
        Ok(libc::P_PID) => Which::Pid(id),
        Ok(libc::P_PGID) if id == 0 => Which::Group(process.group),
        Ok(libc::P_PGID) => Which::Group(id),
        _ => match process.kind(id) {
            Some(Kind::Process { pid }) => Which::Pid(*pid),
            _ => return vec![Awaited::Other],
        },
    };
    vec![Awaited::Child { which }]
}

/// `struct pollfd` is a descriptor and two sets of events, of 16 bits each.
fn polled(process: &Process<'_>, address: u64, count: u64) -> Vec<Awaited> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if count == 0 {
        return vec![Awaited::Signal {
            signals: Vec::new(),
        }];
    }
    let bytes = memory::up_to(process.pid, address, count.min(MOST_POLLED) * 8);
    let bytes = bytes.filter(|it| it.len() == count * 8);
    let Some(bytes) = bytes else {
        return vec![Awaited::Other];
    };
    let mut awaited = Vec::new();
    for entry in bytes.chunks_exact(8) {
        let descriptor = i32::from_ne_bytes([entry[0], entry[1], entry[2], entry[3]]);
        if descriptor >= 0 {
            let events = i16::from_ne_bytes([entry[4], entry[5]]);
            awaited.extend(descriptors::watched(descriptor, events));
        }
    }
    awaited
}

/// `select(count, readable, writable, exceptional, …)`: bit N of a set is descriptor N.
fn selected(process: &Process<'_>, arguments: &[u64; 6]) -> Vec<Awaited> {
    let [count, readable, writable, ..] = *arguments;
    let count = count & 0xffff_ffff;
    if count == 0 {
        return vec![Awaited::Signal {
            signals: Vec::new(),
        }];
    }
    let numbers = |address: u64| {
        if address == 0 {
            return Some(Vec::new());
        }
        let bytes = usize::try_from(count).ok()?.min(1024).div_ceil(64) * 8;
        let set = memory::up_to(process.pid, address, bytes).filter(|it| it.len() == bytes)?;
        let numbers = (0..i32::try_from(bytes * 8).ok()?).filter(|bit| {
            let byte = usize::try_from(bit / 8).unwrap_or(0);
            set[byte] >> (bit % 8) & 1 == 1
        });
        Some(numbers.collect::<Vec<i32>>())
    };
    let (Some(readable), Some(writable)) = (numbers(readable), numbers(writable)) else {
        return vec![Awaited::Other];
    };
    let readable = readable
        .into_iter()
        .map(|descriptor| Awaited::Data { descriptor });
    let writable = writable
        .into_iter()
        .map(|descriptor| Awaited::Room { descriptor });
    readable.chain(writable).collect()
}

/// The length of time at an address: seconds and parts of a second. In milliseconds, rounded up.
fn duration(pid: i32, address: u64, parts: u64) -> Option<u64> {
    let bytes: [u8; 16] = memory::bytes(pid, address)?;
    let (seconds, rest) = bytes.split_at(8);
    let word = |bytes: &[u8]| Some(u64::from_ne_bytes(bytes.try_into().ok()?));
    let milliseconds = word(rest)?.checked_mul(1000)?.div_ceil(parts);
    word(seconds)?.checked_mul(1000)?.checked_add(milliseconds)
}

/// Whether people want to know the descriptor that a call of this name is about.
fn descriptor_matters(name: &str) -> bool {
    let calls = [
        "read",
        "write",
        "splice",
        "tee",
        "vmsplice",
        "sendfile",
        "recv",
        "send",
        "accept",
        "connect",
        "flock",
        "fcntl",
        "mq_send",
        "mq_receive",
        "epoll_wait",
    ];
    calls.contains(&name)
}

/// An argument as the `int` that the call takes it for: its lower half.
pub(super) fn int(argument: u64) -> i32 {
    let [a, b, c, d, ..] = argument.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_that_the_kernel_holds_up_waits_for_no_child() {
        let own = nix::unistd::getpid().as_raw();
        let is_vfork = |line: &str| Call::parse(line).unwrap().is_vfork(own);
        // The C library's fork, and its posix_spawn.
        let rest = "0x0 0x0 0x0 0x0 0x0 0x7ffd0 0x7f00";
        assert!(!is_vfork(&format!("{} 0x1200011 {rest}", libc::SYS_clone)));
        assert!(is_vfork(&format!("{} 0x4111 {rest}", libc::SYS_clone)));
        for (flags, waits) in [
            (libc::CLONE_VM | libc::CLONE_VFORK, true),
            (libc::CLONE_VM, false),
        ] {
            let flags = u64::from(flags.cast_unsigned());
            let line = format!(
                "{} {:#x} {rest}",
                libc::SYS_clone3,
                &raw const flags as usize
            );
            assert_eq!(is_vfork(&line), waits);
        }
        assert!(!is_vfork(&format!("{} 0x4111 {rest}", libc::SYS_wait4)));
    }
}
