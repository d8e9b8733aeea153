//! The critical point: where the worker has made its last test, and begins to sleep.
//!
//! A signal that comes exactly there is rare, and decides whether a worker is right. So that it comes there each time, the
//! functions of the C library in which a process can sleep have a gate before them in this program: the linker finds
//! these definitions before those of the library (`ld.so(8)` calls it interposition). Each does what is due at
//! the gate, and then what the library's own function does.

use std::ffi::CStr;
use std::sync::OnceLock;

use nix::libc;

/// What is due when the process begins to sleep.
static GATE: OnceLock<fn()> = OnceLock::new();

/// From now on this process goes through `gate` whenever it begins to sleep.
pub(super) fn install(gate: fn()) {
    let _ = GATE.set(gate);
}

/// Goes through the gate, and finds the library's own function.
fn pass(name: &CStr) -> *mut libc::c_void {
    if let Some(gate) = GATE.get() {
        gate();
    }
    // SAFETY: the name is a string that ends with a null byte.
    let own = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
    if own.is_null() {
        // In a program that is linked statically there is no next definition, and nothing that could be done instead.
        std::process::abort();
    }
    own
}

/// Defines functions of the C library's names and types, each with the gate before it.
macro_rules! gated {
    ($($symbol:literal $name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(
            #[doc = concat!("`", $symbol, "`, behind the gate.")]
            ///
            /// # Safety
            /// As that of the C library.
            #[unsafe(export_name = $symbol)]
            pub unsafe extern "C" fn $name($($argument: $type),*) -> $result {
                type Function = unsafe extern "C" fn($($type),*) -> $result;
                const NAME: &CStr = match CStr::from_bytes_with_nul(concat!($symbol, "\0").as_bytes()) {
                    Ok(name) => name,
                    Err(_) => c"",
                };
                let own = pass(NAME);
                // SAFETY: it is the library's function of this name, which has this type.
                let function = unsafe { std::mem::transmute::<*mut libc::c_void, Function>(own) };
                // SAFETY: the caller keeps what the library's function demands.
                unsafe { function($($argument),*) }
            }
        )*
    };
}

gated! {
    "pause" gated_pause() -> libc::c_int;
    "sigsuspend" gated_sigsuspend(mask: *const libc::sigset_t) -> libc::c_int;
    "sigwait" gated_sigwait(set: *const libc::sigset_t, signal: *mut libc::c_int) -> libc::c_int;
    "sigwaitinfo" gated_sigwaitinfo(set: *const libc::sigset_t, info: *mut libc::siginfo_t) -> libc::c_int;
    "sigtimedwait" gated_sigtimedwait(
        set: *const libc::sigset_t, info: *mut libc::siginfo_t, longest: *const libc::timespec
    ) -> libc::c_int;
    "poll" gated_poll(descriptors: *mut libc::pollfd, count: libc::nfds_t, longest: libc::c_int) -> libc::c_int;
    "ppoll" gated_ppoll(
        descriptors: *mut libc::pollfd, count: libc::nfds_t, longest: *const libc::timespec, mask: *const libc::sigset_t
    ) -> libc::c_int;
    "select" gated_select(
        count: libc::c_int, readable: *mut libc::fd_set, writable: *mut libc::fd_set, other: *mut libc::fd_set,
        longest: *mut libc::timeval
    ) -> libc::c_int;
    "pselect" gated_pselect(
        count: libc::c_int, readable: *mut libc::fd_set, writable: *mut libc::fd_set, other: *mut libc::fd_set,
        longest: *const libc::timespec, mask: *const libc::sigset_t
    ) -> libc::c_int;
    "epoll_wait" gated_epoll_wait(
        epoll: libc::c_int, events: *mut libc::epoll_event, most: libc::c_int, longest: libc::c_int
    ) -> libc::c_int;
    "epoll_pwait" gated_epoll_pwait(
        epoll: libc::c_int, events: *mut libc::epoll_event, most: libc::c_int, longest: libc::c_int,
        mask: *const libc::sigset_t
    ) -> libc::c_int;
    "read" gated_read(descriptor: libc::c_int, bytes: *mut libc::c_void, most: libc::size_t) -> libc::ssize_t;
    "nanosleep" gated_nanosleep(time: *const libc::timespec, rest: *mut libc::timespec) -> libc::c_int;
    "clock_nanosleep" gated_clock_nanosleep(
        clock: libc::clockid_t, flags: libc::c_int, time: *const libc::timespec, rest: *mut libc::timespec
    ) -> libc::c_int;
}
