//! The timeouts of calls, and how a call gets one that is over at once.
//!
//! A call that is given no time still takes what is there already, so only waiting is cut off, never data. What the program gave is
//! put back when the call returns: it may use it again.

use nix::libc;

use super::living::{InCall, int};
use crate::trace::stop::write_words;
use crate::trace::{memory, registers};

/// How a call is told its timeout, by the place of the argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timeout {
    /// Milliseconds; a negative number means none.
    Milliseconds(usize),
    /// The address of seconds and a fraction; a null pointer means none. For some calls it is the moment of the end: zeros are
    /// past there, too.
    Time(usize),
    /// The address of a socket's timeout; zeros mean none.
    OfSocket(usize),
}

fn timeout_of(number: libc::c_long) -> Option<Timeout> {
    Some(match number {
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll => Timeout::Milliseconds(2),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_epoll_wait => Timeout::Milliseconds(3),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_select => Timeout::Time(4),
        libc::SYS_epoll_pwait => Timeout::Milliseconds(3),
        libc::SYS_ppoll | libc::SYS_rt_sigtimedwait => Timeout::Time(2),
        libc::SYS_pselect6 | libc::SYS_mq_timedreceive | libc::SYS_mq_timedsend => Timeout::Time(4),
        libc::SYS_setsockopt => Timeout::OfSocket(3),
        _ => return None,
    })
}

/// Shortens the timeout of a call that begins. `None` where it has none that could become shorter, or where it cannot be changed.
pub(super) fn expire(thread: i32, call: &mut InCall) -> Option<()> {
    match timeout_of(call.call.number)? {
        Timeout::Milliseconds(place) => {
            if int(call.call.arguments[place]) <= 0 {
                return None;
            }
            let given = registers::set_argument(thread, place, 0).ok()?;
            call.changed.given = Some((place, given));
        }
        Timeout::Time(place) => {
            shorten(thread, call, place, [0, 0])?;
        }
        // The shortest that there is: a microsecond.
        Timeout::OfSocket(place) => {
            shorten(thread, call, place, [0, 1])?;
        }
    }
    Some(())
}

fn shorten(thread: i32, call: &mut InCall, place: usize, time: [u64; 2]) -> Option<()> {
    let address = call.call.arguments[place];
    let given = memory::words(thread, address)?;
    if given == time || given == [0, 0] {
        return None;
    }
    write_words(thread, address, time).ok()?;
    call.changed.time = Some((address, given));
    Some(())
}
