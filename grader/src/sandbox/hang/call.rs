//! System calls that a thread may sleep in, and what can end them.

use nix::libc;

use super::thread::Thread;
use crate::record::Wait;

/// What can end a wait.
pub(super) enum Other {
    Process,
    Socket,
}

/// A system call that a thread is in, from `/proc/PID/syscall`.
pub(super) struct Call {
    pub(super) number: i64,
    pub(super) arguments: [u64; 6],
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

    /// Who could end this call, if it has no timeout; `None` when it has one, or when the caller is in no
    /// call that waits for others.
    pub(super) fn waits_for_another(&self, thread: &Thread) -> Option<Other> {
        let [first, second, third, fourth, fifth, _] = self.arguments;
        let forever = match self.number {
            libc::SYS_read | libc::SYS_readv | libc::SYS_write | libc::SYS_writev => {
                return thread.object_waits(first);
            }
            libc::SYS_splice => {
                return thread
                    .object_waits(first)
                    .or_else(|| thread.object_waits(third));
            }
            libc::SYS_sendfile | libc::SYS_tee | libc::SYS_vmsplice => {
                return thread
                    .object_waits(first)
                    .or_else(|| thread.object_waits(second));
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
            libc::SYS_futex | libc::SYS_semtimedop | libc::SYS_epoll_pwait2 => fourth == 0,
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
    pub(super) fn wait(&self) -> Option<Wait> {
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
