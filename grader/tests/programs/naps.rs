//! Sleeps for 300 ms in many ways, each of which ends by itself: none of them is a hang.

use std::fs::File;
use std::io::{Read as _, Write as _, pipe};
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::os::unix::net::UnixStream;
use std::process::exit;
use std::ptr::null_mut;
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

const NAP: Duration = Duration::from_millis(300);

const SIGUSR1: i32 = 10;
const SIGALRM: i32 = 14;
const SIGCONT: i32 = 18;
const SIGSTOP: i32 = 19;
const SIG_BLOCK: i32 = 0;
const CLOCK_MONOTONIC: i32 = 1;
const EPOLL_CTL_ADD: i32 = 1;
const POLLIN: i16 = 1;
const WUNTRACED: i32 = 2;

/// `struct timespec`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Time {
    seconds: i64,
    nanoseconds: i64,
}

/// `struct itimerspec`, and with microseconds `struct itimerval`.
#[repr(C)]
struct Timer {
    again: Time,
    first: Time,
}

/// `struct pollfd`.
#[repr(C)]
struct Polled {
    descriptor: i32,
    events: i16,
    found: i16,
}

/// `sigset_t`: the signal N is bit N - 1.
type Signals = [u64; 16];

unsafe extern "C" {
    fn epoll_create1(flags: i32) -> i32;
    fn epoll_ctl(epoll: i32, what: i32, descriptor: i32, event: *mut [u32; 3]) -> i32;
    fn epoll_wait(epoll: i32, events: *mut [u32; 3], most: i32, milliseconds: i32) -> i32;
    fn fork() -> i32;
    fn kill(pid: i32, signal: i32) -> i32;
    fn alarm(seconds: u32) -> u32;
    fn pause() -> i32;
    fn poll(polled: *mut Polled, count: u64, milliseconds: i32) -> i32;
    fn pthread_sigmask(how: i32, new: *const Signals, old: *mut Signals) -> i32;
    fn raise(signal: i32) -> i32;
    fn select(count: i32, r: *mut Signals, w: *mut Signals, e: *mut Signals, t: *mut Time) -> i32;
    fn setitimer(which: i32, new: *const Timer, old: *mut Timer) -> i32;
    fn signal(number: i32, action: extern "C" fn(i32)) -> usize;
    fn signalfd(descriptor: i32, set: *const Signals, flags: i32) -> i32;
    fn sigtimedwait(set: *const Signals, information: *mut u8, timeout: *const Time) -> i32;
    fn sigwait(set: *const Signals, found: *mut i32) -> i32;
    fn timer_create(clock: i32, event: *mut [u64; 8], timer: *mut usize) -> i32;
    fn timer_settime(timer: usize, flags: i32, new: *const Timer, old: *mut Timer) -> i32;
    fn timerfd_create(clock: i32, flags: i32) -> i32;
    fn timerfd_settime(timer: i32, flags: i32, new: *const Timer, old: *mut Timer) -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}

extern "C" fn ignore(_signal: i32) {}

fn main() {
    let what = std::env::args().nth(1).unwrap();
    // SAFETY: every pointer below leads to a value of the type that its call names, alive during the call.
    unsafe { nap(&what) };
    println!("done");
}

unsafe fn nap(what: &str) {
    let (mut reader, mut writer) = pipe().unwrap();
    let milliseconds = i32::try_from(NAP.as_millis()).unwrap();
    let nanoseconds = i64::from(NAP.subsec_nanos());
    let time = Time {
        seconds: 0,
        nanoseconds,
    };
    let timer = |first| Timer {
        again: Time {
            seconds: 0,
            nanoseconds: 0,
        },
        first,
    };
    // The C library counts these in microseconds.
    let mut short = Time {
        seconds: 0,
        nanoseconds: nanoseconds / 1000,
    };
    match what {
        "nanosleep" => thread::sleep(NAP),
        "poll" => {
            let descriptor = reader.as_raw_fd();
            let mut polled = Polled {
                descriptor,
                events: POLLIN,
                found: 0,
            };
            assert_eq!(unsafe { poll(&raw mut polled, 1, milliseconds) }, 0);
        }
        "select" => {
            let descriptor = reader.as_raw_fd();
            let mut set: Signals = [0; 16];
            set[0] = 1 << descriptor;
            let (set, short) = (&raw mut set, &raw mut short);
            assert_eq!(
                unsafe { select(descriptor + 1, set, null_mut(), null_mut(), short) },
                0
            );
        }
        "epoll" => {
            let epoll = unsafe { epoll_create1(0) };
            let mut event = [1; 3];
            let (event, pipe) = (&raw mut event, reader.as_raw_fd());
            assert_eq!(unsafe { epoll_ctl(epoll, EPOLL_CTL_ADD, pipe, event) }, 0);
            assert_eq!(unsafe { epoll_wait(epoll, event, 1, milliseconds) }, 0);
        }
        "condition" => {
            let lock = Mutex::new(());
            let held = lock.lock().unwrap();
            let _ = Condvar::new().wait_timeout(held, NAP).unwrap();
        }
        "receive" => {
            let (mut one, _other) = UnixStream::pair().unwrap();
            // SO_RCVTIMEO.
            one.set_read_timeout(Some(NAP)).unwrap();
            one.read(&mut [0]).unwrap_err();
        }
        "sigtimedwait" => {
            let set = blocked(SIGUSR1);
            assert_eq!(
                unsafe { sigtimedwait(&raw const set, null_mut(), &raw const time) },
                -1
            );
        }
        "alarm" => unsafe {
            signal(SIGALRM, ignore);
            setitimer(0, &timer(short), null_mut());
            pause();
        },
        "alarm-kills" => unsafe {
            alarm(1);
            pause();
        },
        "alarm-waited-for" => unsafe {
            let set = blocked(SIGALRM);
            setitimer(0, &timer(short), null_mut());
            sigwait(&raw const set, &mut 0);
        },
        "alarm-read" => {
            let set = blocked(SIGALRM);
            let mut file = unsafe { File::from_raw_fd(signalfd(-1, &raw const set, 0)) };
            unsafe { setitimer(0, &timer(short), null_mut()) };
            file.read_exact(&mut [0; 128]).unwrap();
        }
        "timer" => unsafe {
            signal(SIGUSR1, ignore);
            // `struct sigevent`: a value, then the signal; SIGEV_SIGNAL is 0.
            let mut event = [0, 10, 0, 0, 0, 0, 0, 0];
            let mut id = 0;
            assert_eq!(
                timer_create(CLOCK_MONOTONIC, &raw mut event, &raw mut id),
                0
            );
            timer_settime(id, 0, &timer(time), null_mut());
            pause();
        },
        "timer-descriptor" => {
            let descriptor = unsafe { timerfd_create(CLOCK_MONOTONIC, 0) };
            unsafe { timerfd_settime(descriptor, 0, &timer(time), null_mut()) };
            let mut file = unsafe { File::from_raw_fd(descriptor) };
            file.read_exact(&mut [0; 8]).unwrap();
        }
        // The child waits without a timeout, and its parent is about to end that.
        "relay" => {
            let child = start(|| reader.read_exact(&mut [0]).unwrap());
            thread::sleep(NAP);
            writer.write_all(b"!").unwrap();
            reap(child, 0);
        }
        "continue" => {
            let child = start(|| assert_eq!(unsafe { raise(SIGSTOP) }, 0));
            reap(child, WUNTRACED);
            thread::sleep(NAP);
            unsafe { kill(child, SIGCONT) };
            reap(child, 0);
        }
        other => panic!("{other}"),
    }
}

fn blocked(number: i32) -> Signals {
    let mut set: Signals = [0; 16];
    set[0] = 1 << (number - 1);
    // SAFETY: the set is alive, and nobody wants the old one.
    unsafe { pthread_sigmask(SIG_BLOCK, &raw const set, null_mut()) };
    set
}

fn start(child: impl FnOnce()) -> i32 {
    // SAFETY: one thread, so the child may do what it likes.
    let pid = unsafe { fork() };
    if pid == 0 {
        child();
        exit(0);
    }
    pid
}

fn reap(pid: i32, options: i32) {
    let mut status = 0;
    // SAFETY: `status` is a valid place for an int.
    unsafe { waitpid(pid, &raw mut status, options) };
}
