//! Hangs in waits for children, signals, several descriptors and locks, each in one way; with `near` as a second argument it only looks
//! so, and ends.

use std::fs::File;
use std::io::{Read as _, Write as _, pipe};
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::process::exit;
use std::ptr::null_mut;
use std::thread;
use std::time::{Duration, Instant};

/// Longer than it takes to see two looks at which nobody moved.
const NAP: Duration = Duration::from_millis(300);

/// CLONE_VM and CLONE_VFORK, and SIGCHLD at the end.
const VFORK: i32 = 0x100 | 0x4000 | 17;

const SYS_PIDFD_OPEN: i64 = 434;

const SIGUSR1: i32 = 10;
const SIGUSR2: i32 = 12;
const SIGCONT: i32 = 18;
const SIGSTOP: i32 = 19;
const LOCK_EX: i32 = 2;
const F_SETLKW: i32 = 7;
const POLLIN: i16 = 1;
const WNOHANG: i32 = 1;

/// `sigset_t`: the signal N is bit N - 1.
type Signals = [u64; 16];

/// `struct pollfd`.
#[repr(C)]
struct Polled {
    descriptor: i32,
    events: i16,
    found: i16,
}

/// `struct flock`: kind and origin, start, length, owner.
#[repr(C)]
struct Lock {
    kind: i16,
    origin: i16,
    start: i64,
    length: i64,
    owner: i32,
}

unsafe extern "C" {
    fn clone(child: extern "C" fn(*mut u8) -> i32, stack: *mut u8, flags: i32, it: *mut u8) -> i32;
    fn epoll_create1(flags: i32) -> i32;
    fn epoll_ctl(epoll: i32, what: i32, descriptor: i32, event: *mut [u32; 3]) -> i32;
    fn epoll_wait(epoll: i32, events: *mut [u32; 3], most: i32, milliseconds: i32) -> i32;
    fn eventfd(count: u32, flags: i32) -> i32;
    fn fcntl(descriptor: i32, what: i32, ...) -> i32;
    fn flock(descriptor: i32, what: i32) -> i32;
    fn fork() -> i32;
    fn getppid() -> i32;
    fn kill(pid: i32, signal: i32) -> i32;
    fn mkfifo(path: *const std::ffi::c_char, mode: u32) -> i32;
    fn pause() -> i32;
    fn poll(polled: *mut Polled, count: u64, milliseconds: i32) -> i32;
    fn pthread_sigmask(how: i32, new: *const Signals, old: *mut Signals) -> i32;
    fn select(count: i32, r: *mut Signals, w: *mut Signals, e: *mut Signals, t: *mut u8) -> i32;
    fn signal(number: i32, action: extern "C" fn(i32)) -> usize;
    fn signalfd(descriptor: i32, set: *const Signals, flags: i32) -> i32;
    fn sigsuspend(set: *const Signals) -> i32;
    fn sigwait(set: *const Signals, found: *mut i32) -> i32;
    fn syscall(number: i64, ...) -> i64;
    fn timerfd_create(clock: i32, flags: i32) -> i32;
    fn timerfd_settime(timer: i32, flags: i32, new: *const [i64; 4], old: *mut u8) -> i32;
    fn waitid(kind: i32, id: i32, information: *mut [u64; 16], options: i32) -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}

extern "C" fn ignore(_signal: i32) {}

extern "C" fn naps(_argument: *mut u8) -> i32 {
    thread::sleep(NAP);
    0
}

extern "C" fn pauses(_argument: *mut u8) -> i32 {
    // SAFETY: no signal has a handler.
    unsafe { pause() }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let near = args.get(1).is_some_and(|it| it == "near");
    // SAFETY: every pointer leads to a value of the type that its call names, alive during the call.
    unsafe { wait(&args[0], near) };
    println!("done");
}

unsafe fn wait(what: &str, near: bool) {
    let own = i32::try_from(std::process::id()).unwrap();
    let (reader, writer) = pipe().unwrap();
    match what {
        "child" | "any-child" | "child-by-id" => {
            let child = start(|| if near { thread::sleep(NAP) } else { stay() });
            match what {
                "child" => reap(child),
                "any-child" => {
                    let other = start(|| if near { thread::sleep(NAP) } else { stay() });
                    reap(-1);
                    reap(-1);
                    assert_ne!(child, other);
                }
                _ => {
                    let mut information = [0; 16];
                    assert_eq!(unsafe { waitid(0, 0, &raw mut information, 4) }, 0);
                }
            }
        }
        // Its parent cannot go on before it has executed a program or ended.
        "vfork" => {
            let mut stack = vec![0_u128; 4096];
            let top = stack.as_mut_ptr_range().end.cast();
            let child = if near { naps } else { pauses };
            reap(unsafe { clone(child, top, VFORK, null_mut()) });
        }
        "process" => {
            let child = start(|| if near { thread::sleep(NAP) } else { stay() });
            let descriptor = unsafe { syscall(SYS_PIDFD_OPEN, child, 0) };
            polls(&[i32::try_from(descriptor).unwrap()]);
            reap(child);
        }
        // It comes before anybody waits for it.
        "pause" => {
            unsafe { signal(SIGUSR1, ignore) };
            let child = start(|| {
                if near {
                    until_asleep(unsafe { getppid() });
                    thread::sleep(NAP);
                }
                unsafe { kill(getppid(), SIGUSR1) };
            });
            if near {
                unsafe { pause() };
                reap(child);
            } else {
                reap(child);
                unsafe { pause() };
            }
        }
        "blocked" => {
            unsafe { signal(SIGUSR1, ignore) };
            let set = blocked(&[SIGUSR1, SIGUSR2]);
            unsafe { kill(own, SIGUSR1) };
            let set = if near { [0; 16] } else { set };
            unsafe { sigsuspend(&raw const set) };
        }
        "sigwait" => {
            let set = blocked(&[SIGUSR1, SIGUSR2]);
            let child = start(|| {
                if near {
                    thread::sleep(NAP);
                    unsafe { kill(getppid(), SIGUSR2) };
                } else {
                    stay();
                }
            });
            unsafe { sigwait(&raw const set, &mut 0) };
            reap(child);
        }
        "signalfd" => {
            let set = blocked(&[SIGUSR1]);
            let mut file = unsafe { File::from_raw_fd(signalfd(-1, &raw const set, 0)) };
            if near {
                start(|| {
                    thread::sleep(NAP);
                    unsafe { kill(getppid(), SIGUSR1) };
                });
            }
            file.read_exact(&mut [0; 128]).unwrap();
        }
        "poll" | "select" | "epoll" => {
            let child = start(|| {
                if near {
                    thread::sleep(NAP);
                    (&writer).write_all(b"!").unwrap();
                } else {
                    stay();
                }
            });
            let descriptor = reader.as_raw_fd();
            match what {
                "poll" => polls(&[descriptor]),
                "select" => {
                    let mut set: Signals = [0; 16];
                    set[0] = 1 << descriptor;
                    let none = null_mut();
                    unsafe { select(descriptor + 1, &raw mut set, none, none, null_mut()) };
                }
                _ => {
                    let epoll = unsafe { epoll_create1(0) };
                    let mut event = [1; 3];
                    let event = &raw mut event;
                    assert_eq!(unsafe { epoll_ctl(epoll, 1, descriptor, event) }, 0);
                    unsafe { epoll_wait(epoll, event, 1, -1) };
                }
            }
            reap(child);
        }
        // Of two things one is outside the run: nobody knows whether it comes.
        "poll-two" => {
            let (other, _writer) = pipe().unwrap();
            let timer = unsafe { timerfd_create(1, 0) };
            if near {
                let time = [0, 0, 0, 300_000_000];
                unsafe { timerfd_settime(timer, 0, &time, null_mut()) };
                polls(&[reader.as_raw_fd(), timer]);
            } else {
                polls(&[reader.as_raw_fd(), other.as_raw_fd()]);
            }
        }
        "event" => {
            let event = unsafe { eventfd(0, 0) };
            let child = start(|| {
                if near {
                    thread::sleep(NAP);
                    let mut file = unsafe { File::from_raw_fd(event) };
                    file.write_all(&1_u64.to_ne_bytes()).unwrap();
                }
            });
            let mut file = unsafe { File::from_raw_fd(event) };
            file.read_exact(&mut [0; 8]).unwrap();
            reap(child);
        }
        "flock" | "fcntl" => {
            let file = File::create("locked").unwrap();
            let lock = |file: &File| match what {
                "flock" => unsafe { flock(file.as_raw_fd(), LOCK_EX) },
                _ => unsafe { fcntl(file.as_raw_fd(), F_SETLKW, &WHOLE) },
            };
            lock(&file);
            let child = start(|| {
                lock(&File::create("locked").unwrap());
            });
            if near {
                thread::sleep(NAP);
                match what {
                    "flock" => unsafe { flock(file.as_raw_fd(), 8) },
                    _ => unsafe { fcntl(file.as_raw_fd(), F_SETLKW, &NONE) },
                };
            }
            reap(child);
        }
        "stopped" => {
            let child = start(stay);
            unsafe { kill(child, SIGSTOP) };
            if near {
                thread::sleep(NAP);
                unsafe {
                    kill(child, SIGCONT);
                    kill(child, 9);
                }
            }
            reap(child);
        }
        // What follows is no hang: it is seen at the deadline.
        "sleeps" => thread::sleep(Duration::from_secs(100)),
        "polls-long" => {
            let mut polled = Polled {
                descriptor: reader.as_raw_fd(),
                events: POLLIN,
                found: 0,
            };
            unsafe { poll(&raw mut polled, 1, 100_000) };
        }
        "runs" => {
            let mut count = 0_u64;
            while std::hint::black_box(count) < u64::MAX {
                count += 1;
            }
        }
        // A child waits for its parent, which looks at the clock for a while.
        "clock" => {
            let child = start(|| {
                let _ = (&reader).read(&mut [0]);
            });
            let start = Instant::now();
            while start.elapsed() < NAP || !near {}
            (&writer).write_all(b"!").unwrap();
            reap(child);
        }
        "asks" => {
            let child = start(stay);
            let mut status = 0;
            while unsafe { waitpid(child, &raw mut status, WNOHANG) } == 0 {}
        }
        "naps" => {
            let child = start(stay);
            let mut status = 0;
            while unsafe { waitpid(child, &raw mut status, WNOHANG) } == 0 {
                thread::sleep(Duration::from_millis(5));
            }
        }
        // Whoever has the other end of this FIFO is not in the run; it is there when `started` is gone.
        "outside" => {
            assert_eq!(unsafe { mkfifo(c"door".as_ptr(), 0o666) }, 0);
            File::create("started").unwrap();
            while std::fs::exists("started").unwrap() {
                thread::sleep(Duration::from_millis(5));
            }
            let mut door = File::open("door").unwrap();
            door.read_exact(&mut [0]).unwrap();
        }
        other => panic!("{other}"),
    }
}

/// A lock on the whole file, and none.
const WHOLE: Lock = Lock {
    kind: 1,
    origin: 0,
    start: 0,
    length: 0,
    owner: 0,
};
const NONE: Lock = Lock { kind: 2, ..WHOLE };

/// Waits for a signal that nobody sends.
fn stay() {
    // SAFETY: it has no arguments.
    unsafe { pause() };
}

fn polls(descriptors: &[i32]) {
    let polled = descriptors.iter().map(|descriptor| Polled {
        descriptor: *descriptor,
        events: POLLIN,
        found: 0,
    });
    let mut polled: Vec<Polled> = polled.collect();
    let count = u64::try_from(polled.len()).unwrap();
    // SAFETY: the entries are alive during the call.
    unsafe { poll(polled.as_mut_ptr(), count, -1) };
}

fn blocked(numbers: &[i32]) -> Signals {
    let mut set: Signals = [0; 16];
    for number in numbers {
        set[0] |= 1 << (number - 1);
    }
    // SAFETY: the set is alive, and nobody wants the old one.
    unsafe { pthread_sigmask(0, &raw const set, null_mut()) };
    set
}

/// Waits until a process sleeps: it does so in one place only.
fn until_asleep(pid: i32) {
    let is_asleep = |stat: String| stat.rsplit_once(')').unwrap().1.starts_with(" S");
    while !is_asleep(std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap()) {
        thread::sleep(Duration::from_millis(5));
    }
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

fn reap(pid: i32) {
    let mut status = 0;
    // SAFETY: `status` is a valid place for an int.
    unsafe { waitpid(pid, &raw mut status, 0) };
}
