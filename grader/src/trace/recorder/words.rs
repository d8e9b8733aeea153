//! Events that tell of a call as it is, and arguments as calls take them.

use nix::errno::Errno;

use super::living::{InCall, Live};
use crate::record::What;

/// A call that a signal has interrupted.
pub(super) fn interrupted(call: &InCall, live: Option<&Live>) -> What {
    erroneous(call, live, Errno::EINTR)
}

pub(super) fn erroneous(call: &InCall, live: Option<&Live>, errno: Errno) -> What {
    let mut what = plain(call, live);
    if let What::Call { error, .. } = &mut what {
        *error = Some(format!("{errno:?}"));
    }
    what
}

/// A call that never returns.
pub(super) fn unreturned(call: &InCall, live: Option<&Live>) -> What {
    plain(call, live)
}

/// A call as it is, with the descriptor and path that it is about.
pub(super) fn plain(call: &InCall, live: Option<&Live>) -> What {
    let detail = call.path.clone().unwrap_or_default();
    detailed(call, live, detail)
}

pub(super) fn detailed(call: &InCall, live: Option<&Live>, detail: String) -> What {
    let descriptor = is_about_descriptor(call.name).then(|| int(call.call.arguments[0]));
    let held = descriptor.and_then(|number| live?.descriptors.get(number));
    What::Call {
        call: call.name.to_owned(),
        descriptor,
        object: held.map(|held| held.object),
        detail: (!detail.is_empty()).then_some(detail),
        error: None,
    }
}

/// Whether the first argument of a call is a descriptor.
pub(super) fn is_about_descriptor(name: &str) -> bool {
    let calls = [
        "close",
        "dup",
        "dup2",
        "dup3",
        "fcntl",
        "ftruncate",
        "mq_send",
        "mq_receive",
        "mq_notify",
        "bind",
        "listen",
        "accept",
        "connect",
        "shutdown",
        "fsync",
        "fdatasync",
        "ioctl",
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
        "epoll_wait",
        "pidfd_send_signal",
    ];
    calls.contains(&name)
}

/// An argument as the `int` that the call takes it for: its lower half.
pub(in crate::trace) fn int(argument: u64) -> i32 {
    let [a, b, c, d, ..] = argument.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

pub(super) fn int_of(result: i64) -> i32 {
    i32::try_from(result).unwrap_or(-1)
}
