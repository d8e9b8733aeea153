//! The filter that refuses calls which no exercise needs and which reach out of a run: into other processes, into the
//! kernel's less trodden parts, past the tracer.
//!
//! It is a program for the kernel of its own, beside the tracer's ([`crate::trace::filter`]): where both have an answer, the
//! refusal wins (`seccomp(2)`). The compiler that makes the other one knows one refusal a program and no ranges, so this one is
//! put together here, instruction by instruction.

use nix::libc;
use seccompiler::{BpfProgram, sock_filter};

/// Calls that are refused with EPERM.
const REFUSED: &[libc::c_long] = &[
    // Other processes' memory, descriptors and execution.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    // Namespaces and mounts.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    // Doors into the kernel.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_fanotify_init,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    // A filter of the program's own could answer in place of the kernel before the tracer sees the call.
    libc::SYS_seccomp,
];

/// Flags of `clone(2)` that are refused: out of the tracer's sight, or into a namespace.
const REFUSED_CLONES: libc::c_int = libc::CLONE_UNTRACED
    | libc::CLONE_PTRACE
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET;

/// Requests of `prctl(2)` that are refused: a filter, and a memory into which the tracer cannot look.
const REFUSED_REQUESTS: [libc::c_int; 3] = [
    libc::PR_SET_SECCOMP,
    libc::PR_SET_DUMPABLE,
    libc::PR_SET_PTRACER,
];

/// The families of sockets that there are: local ones, those of the loopback device, and what the C library asks for addresses.
const FAMILIES: [libc::c_int; 4] = [
    libc::AF_UNIX,
    libc::AF_INET,
    libc::AF_INET6,
    libc::AF_NETLINK,
];

/// From `asm-generic/ioctls.h`: input that a terminal takes for typed.
const TYPED: [libc::c_int; 2] = [0x5412, 0x541C];

/// A personality that only asks for the present one, and the usual one.
const PERSONALITIES: [libc::c_int; 2] = [-1, 0];

/// From `linux/audit.h`: how the kernel names this architecture.
#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xC000_00B7;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const ARCHITECTURE: u32 = 0;

/// Numbers from here on are calls of the x32 ABI, which are the same calls under other names.
const X32: u32 = 0x4000_0000;

/// What can be signaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Only processes of the run: there are no others.
    Run,
    /// Every process of the user.
    User,
}

/// Which networks there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Network {
    /// The loopback device, or the host's where a run has no network of its own.
    Loopback,
    /// None.
    No,
}

/// Whether there are POSIX message queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Queues {
    /// There are.
    Allowed,
    /// None can be opened.
    Refused,
}

/// The filter.
pub(super) fn program(reach: Reach, network: Network, queues: Queues) -> BpfProgram {
    let mut filter = Filter(Vec::new());
    // A program of another architecture, as by `int 0x80`, has other numbers.
    filter.load(offset::ARCHITECTURE);
    filter.unless_equal(ARCHITECTURE, libc::SECCOMP_RET_KILL_PROCESS);
    filter.load(offset::NUMBER);
    filter.at_least(X32, refusal(libc::ENOSYS));
    for call in REFUSED {
        filter.equal(number(*call), refusal(libc::EPERM));
    }
    // The C library then uses clone, whose flags can be looked at.
    filter.equal(number(libc::SYS_clone3), refusal(libc::ENOSYS));
    if reach == Reach::User {
        // Signals that the tracer cannot hold back: to a thread, or from the kernel on a descriptor's behalf.
        filter.equal(number(libc::SYS_rt_tgsigqueueinfo), refusal(libc::EPERM));
        filter.where_argument(
            libc::SYS_fcntl,
            1,
            Is::Among(&[libc::F_SETOWN, F_SETOWN_EX, F_SETSIG]),
            libc::EPERM,
        );
        filter.where_argument(
            libc::SYS_ioctl,
            1,
            Is::Among(&[FIOSETOWN, SIOCSPGRP]),
            libc::EPERM,
        );
    }
    if queues == Queues::Refused {
        // As Landlock says it.
        filter.equal(number(libc::SYS_mq_open), refusal(libc::EACCES));
    }
    filter.where_argument(libc::SYS_clone, 0, Is::AnyBit(REFUSED_CLONES), libc::EPERM);
    filter.where_argument(
        libc::SYS_prctl,
        0,
        Is::Among(&REFUSED_REQUESTS),
        libc::EPERM,
    );
    filter.where_argument(libc::SYS_ioctl, 1, Is::Among(&TYPED), libc::EPERM);
    // Limits of others; the calling process is 0.
    filter.where_argument(libc::SYS_prlimit64, 0, Is::NotAmong(&[0]), libc::EPERM);
    filter.where_argument(
        libc::SYS_personality,
        0,
        Is::NotAmong(&PERSONALITIES),
        libc::EPERM,
    );
    filter.where_argument(
        libc::SYS_socket,
        0,
        Is::NotAmong(match network {
            Network::Loopback => &FAMILIES,
            Network::No => &FAMILIES[..1],
        }),
        libc::EAFNOSUPPORT,
    );
    filter.end(libc::SECCOMP_RET_ALLOW);
    filter.0
}

/// From `asm-generic/fcntl.h` and `asm-generic/sockios.h`.
const F_SETSIG: libc::c_int = 10;
const F_SETOWN_EX: libc::c_int = 15;
const FIOSETOWN: libc::c_int = 0x8901;
const SIOCSPGRP: libc::c_int = 0x8902;

/// Where the fields of `struct seccomp_data` are.
mod offset {
    pub(super) const NUMBER: u32 = 0;
    pub(super) const ARCHITECTURE: u32 = 4;
    pub(super) const ARGUMENTS: u32 = 16;
}

/// A condition on the lower half of an argument, which is all of it for the calls here.
#[derive(Clone, Copy)]
enum Is<'a> {
    Among(&'a [libc::c_int]),
    NotAmong(&'a [libc::c_int]),
    AnyBit(libc::c_int),
}

/// Instructions of `bpf(4)`'s older form. All jumps go forward, over a refusal that follows.
struct Filter(BpfProgram);

impl Filter {
    /// Loads a word of `struct seccomp_data`.
    fn load(&mut self, offset: u32) {
        self.push(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, offset);
    }

    fn end(&mut self, answer: u32) {
        self.push(libc::BPF_RET | libc::BPF_K, 0, 0, answer);
    }

    fn equal(&mut self, value: u32, answer: u32) {
        self.jump(libc::BPF_JEQ, 0, 1, value);
        self.end(answer);
    }

    fn unless_equal(&mut self, value: u32, answer: u32) {
        self.jump(libc::BPF_JEQ, 1, 0, value);
        self.end(answer);
    }

    fn at_least(&mut self, value: u32, answer: u32) {
        self.jump(libc::BPF_JGE, 0, 1, value);
        self.end(answer);
    }

    /// Refuses a call whose argument is so. The number of the call is loaded before and after.
    fn where_argument(&mut self, call: libc::c_long, argument: u32, is: Is<'_>, errno: i32) {
        let mut inner = Self(Vec::new());
        // The lower half comes first on the architectures that the tracer knows.
        inner.load(offset::ARGUMENTS + 8 * argument);
        match is {
            Is::Among(values) => {
                for value in values {
                    inner.equal(value.cast_unsigned(), refusal(errno));
                }
            }
            Is::NotAmong(values) => {
                let count = u8::try_from(values.len()).unwrap_or(u8::MAX);
                for (at, value) in (1..=count).zip(values) {
                    // Over the other values and the refusal.
                    inner.jump(libc::BPF_JEQ, count - at + 1, 0, value.cast_unsigned());
                }
                inner.end(refusal(errno));
            }
            Is::AnyBit(bits) => {
                inner.jump(libc::BPF_JSET, 0, 1, bits.cast_unsigned());
                inner.end(refusal(errno));
            }
        }
        inner.load(offset::NUMBER);
        let length = u8::try_from(inner.0.len()).unwrap_or(u8::MAX);
        self.jump(libc::BPF_JEQ, 0, length, number(call));
        self.0.append(&mut inner.0);
    }

    fn jump(&mut self, test: u32, if_true: u8, if_false: u8, value: u32) {
        self.push(libc::BPF_JMP | test | libc::BPF_K, if_true, if_false, value);
    }

    fn push(&mut self, code: u32, jt: u8, jf: u8, k: u32) {
        let code = u16::try_from(code).unwrap_or(0);
        self.0.push(sock_filter { code, jt, jf, k });
    }
}

fn refusal(errno: libc::c_int) -> u32 {
    libc::SECCOMP_RET_ERRNO | errno.cast_unsigned()
}

fn number(call: libc::c_long) -> u32 {
    u32::try_from(call).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the filter answers: a small machine for its few instructions.
    fn answer(reach: Reach, architecture: u32, call: u32, arguments: [u64; 2]) -> u32 {
        let words: Vec<u32> = [
            u64::from(call) | u64::from(architecture) << 32,
            0,
            arguments[0],
            arguments[1],
        ]
        .iter()
        .flat_map(|it| {
            let [a, b, c, d, e, f, g, h] = it.to_le_bytes();
            [
                u32::from_le_bytes([a, b, c, d]),
                u32::from_le_bytes([e, f, g, h]),
            ]
        })
        .collect();
        let program = program(reach, Network::Loopback, Queues::Allowed);
        let (mut at, mut loaded) = (0, 0);
        loop {
            let it = &program[at];
            let code = u32::from(it.code);
            at += 1;
            let holds = match code & 0xf0 {
                _ if code & 7 == libc::BPF_RET => return it.k,
                _ if code & 7 == libc::BPF_LD => {
                    loaded = words[it.k as usize / 4];
                    continue;
                }
                libc::BPF_JEQ => loaded == it.k,
                libc::BPF_JGE => loaded >= it.k,
                libc::BPF_JSET => loaded & it.k != 0,
                other => panic!("an instruction that is not used: {other}"),
            };
            at += usize::from(if holds { it.jt } else { it.jf });
        }
    }

    #[track_caller]
    fn check(reach: Reach, call: libc::c_long, arguments: [u64; 2], expected: u32) {
        let seen = answer(reach, ARCHITECTURE, number(call), arguments);
        assert_eq!(seen, expected, "call {call} {arguments:?}");
    }

    const ALLOWED: u32 = libc::SECCOMP_RET_ALLOW;

    #[test]
    fn calls_that_reach_out_are_refused_and_others_are_not() {
        for call in REFUSED {
            check(Reach::Run, *call, [0, 0], refusal(libc::EPERM));
        }
        for call in [
            libc::SYS_read,
            libc::SYS_kill,
            libc::SYS_execve,
            libc::SYS_wait4,
        ] {
            check(Reach::Run, call, [0, 0], ALLOWED);
            check(Reach::User, call, [0, 0], ALLOWED);
        }
        check(Reach::Run, libc::SYS_clone3, [0, 0], refusal(libc::ENOSYS));
    }

    #[test]
    fn arguments_decide_where_they_must() {
        let flag = |flags: libc::c_int| u64::from(flags.cast_unsigned());
        let refused = refusal(libc::EPERM);
        let chld = flag(libc::SIGCHLD);
        for (call, arguments, expected) in [
            (libc::SYS_clone, [chld, 0], ALLOWED),
            (
                libc::SYS_clone,
                [chld | flag(libc::CLONE_UNTRACED), 0],
                refused,
            ),
            (
                libc::SYS_clone,
                [chld | flag(libc::CLONE_NEWUSER), 0],
                refused,
            ),
            (libc::SYS_prctl, [flag(libc::PR_SET_NAME), 0], ALLOWED),
            (libc::SYS_prctl, [flag(libc::PR_SET_DUMPABLE), 0], refused),
            (libc::SYS_prlimit64, [0, 7], ALLOWED),
            (libc::SYS_prlimit64, [1, 7], refused),
            (libc::SYS_personality, [0xffff_ffff, 0], ALLOWED),
            (libc::SYS_personality, [0x0040_0000, 0], refused),
            (libc::SYS_ioctl, [1, 0x5412], refused),
            (libc::SYS_ioctl, [1, 0x5401], ALLOWED),
            (libc::SYS_socket, [flag(libc::AF_UNIX), 0], ALLOWED),
            (libc::SYS_socket, [flag(libc::AF_NETLINK), 0], ALLOWED),
            (
                libc::SYS_socket,
                [flag(libc::AF_VSOCK), 0],
                refusal(libc::EAFNOSUPPORT),
            ),
        ] {
            check(Reach::Run, call, arguments, expected);
            check(Reach::User, call, arguments, expected);
        }
        let owner = [3, flag(libc::F_SETOWN)];
        check(Reach::Run, libc::SYS_fcntl, owner, ALLOWED);
        check(Reach::User, libc::SYS_fcntl, owner, refused);
        let copy = [3, flag(libc::F_DUPFD)];
        check(Reach::User, libc::SYS_fcntl, copy, ALLOWED);
    }

    #[test]
    fn other_tables_of_calls_are_refused() {
        let x32 = answer(Reach::Run, ARCHITECTURE, X32 | 39, [0, 0]);
        assert_eq!(x32, refusal(libc::ENOSYS));
        // `int 0x80`: 20 is getpid there, and writev here.
        let old = answer(Reach::Run, 0x4000_0003, 20, [0, 0]);
        assert_eq!(old, libc::SECCOMP_RET_KILL_PROCESS);
    }
}
