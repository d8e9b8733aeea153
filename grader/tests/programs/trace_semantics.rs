//! Prints what a program can see of processes and signals, one observation a line. Run with and without a tracer, the
//! lines must be equal, but for those that begin with "differs".

use std::ffi::c_void;
use std::fs;
use std::io::Read as _;
use std::os::fd::{AsRawFd as _, FromRawFd as _, IntoRawFd as _};
use std::process::exit;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const SIGABRT: i32 = 6;
const SIGTRAP: i32 = 5;
const SIGKILL: i32 = 9;
const SIGUSR1: i32 = 10;
const SIGSEGV: i32 = 11;
const SIGPIPE: i32 = 13;
const SIGALRM: i32 = 14;
const SIGTERM: i32 = 15;
const SIGCHLD: i32 = 17;
const SIGCONT: i32 = 18;
const SIGSTOP: i32 = 19;
const SIGTSTP: i32 = 20;
const SIGREAL: i32 = 36;
const SIG_BLOCK: i32 = 0;
const SIG_UNBLOCK: i32 = 1;
const SIG_DFL: usize = 0;
const SIG_IGN: usize = 1;
const SA_NOCLDSTOP: i32 = 1;
const SA_NOCLDWAIT: i32 = 2;
const SA_SIGINFO: i32 = 4;
const SA_RESTART: i32 = 0x1000_0000;
const WNOHANG: i32 = 1;
const WUNTRACED: i32 = 2;
const WEXITED: i32 = 4;
const WCONTINUED: i32 = 8;
const WNOWAIT: i32 = 0x0100_0000;
const P_ALL: i32 = 0;
const P_PID: i32 = 1;
const PR_SET_PDEATHSIG: i32 = 1;
const PR_SET_CHILD_SUBREAPER: i32 = 36;
const PTRACE_TRACEME: i32 = 0;
const RLIMIT_CORE: i32 = 4;
const SYS_PIDFD_OPEN: i64 = 434;
const EINTR: i32 = 4;

/// `struct sigaction` of the C library.
#[repr(C)]
struct Action {
    handler: usize,
    mask: [u64; 16],
    flags: i32,
    restorer: usize,
}

/// `struct timespec`; with microseconds `struct timeval`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Time {
    seconds: i64,
    parts: i64,
}

/// `siginfo_t`, as far as it matters: number, errno, code, then pid, uid and value or status.
#[repr(C)]
#[derive(Default, Clone, Copy)]
struct Information {
    signal: i32,
    errno: i32,
    code: i32,
    padding: i32,
    pid: i32,
    uid: i32,
    value: i32,
    rest: [i32; 25],
}

#[repr(C)]
struct Polled {
    descriptor: i32,
    events: i16,
    found: i16,
}

unsafe extern "C" {
    fn _exit(code: i32) -> !;
    fn abort() -> !;
    fn alarm(seconds: u32) -> u32;
    fn execv(path: *const i8, arguments: *const *const i8) -> i32;
    fn fork() -> i32;
    fn getpgid(pid: i32) -> i32;
    fn getpid() -> i32;
    fn getppid() -> i32;
    fn kill(pid: i32, signal: i32) -> i32;
    fn nanosleep(time: *const Time, left: *mut Time) -> i32;
    fn pause() -> i32;
    fn poll(polled: *mut Polled, count: u64, milliseconds: i32) -> i32;
    fn prctl(what: i32, argument: usize) -> i32;
    fn ptrace(request: i32, pid: i32, address: usize, data: usize) -> i64;
    fn raise(signal: i32) -> i32;
    fn read(descriptor: i32, buffer: *mut u8, count: usize) -> isize;
    fn setitimer(which: i32, new: *const [Time; 2], old: *mut [Time; 2]) -> i32;
    fn setpgid(pid: i32, group: i32) -> i32;
    fn setrlimit(what: i32, limits: *const [u64; 2]) -> i32;
    fn sigaction(signal: i32, new: *const Action, old: *mut Action) -> i32;
    fn sigprocmask(how: i32, new: *const [u64; 16], old: *mut [u64; 16]) -> i32;
    fn sigqueue(pid: i32, signal: i32, value: usize) -> i32;
    fn sigwaitinfo(set: *const [u64; 16], information: *mut Information) -> i32;
    fn syscall(number: i64, ...) -> i64;
    fn vfork() -> i32;
    fn waitid(kind: i32, id: i32, information: *mut Information, options: i32) -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
    fn write(descriptor: i32, buffer: *const u8, count: usize) -> isize;
}

static COUNT: AtomicUsize = AtomicUsize::new(0);
static ORDER: [AtomicI32; 8] = [const { AtomicI32::new(-1) }; 8];

extern "C" fn count(_signal: i32) {
    COUNT.fetch_add(1, Ordering::SeqCst);
}

extern "C" fn note(_signal: i32, information: *const Information, _context: *mut c_void) {
    let at = COUNT.fetch_add(1, Ordering::SeqCst);
    // SAFETY: the kernel passes a valid structure.
    ORDER[at % 8].store(unsafe { (*information).value }, Ordering::SeqCst);
}

fn main() {
    // SAFETY: this program has one thread, except where it says so, and every pointer leads to a live value of the
    // type that its call names.
    unsafe {
        setrlimit(RLIMIT_CORE, &[0, 0]);
        children();
        stops();
        discarded();
        families();
        interruptions();
        signals();
        deaths();
        differences();
        exec_from_a_thread();
    }
}

fn act(signal: i32, handler: usize, flags: i32) {
    let action = Action {
        handler,
        mask: [0; 16],
        flags,
        restorer: 0,
    };
    // SAFETY: the handlers use atomics only.
    assert_eq!(
        unsafe { sigaction(signal, &raw const action, null_mut()) },
        0
    );
}

fn counted() -> usize {
    COUNT.swap(0, Ordering::SeqCst)
}

fn child(body: impl FnOnce()) -> i32 {
    // SAFETY: as in `main`.
    match unsafe { fork() } {
        -1 => exit(9),
        0 => {
            body();
            // SAFETY: `_exit` may always be called.
            unsafe { _exit(0) }
        }
        pid => pid,
    }
}

/// A child that waits for signals.
fn patient() -> i32 {
    child(|| {
        loop {
            // SAFETY: `pause` may always be called.
            unsafe { pause() };
        }
    })
}

fn state(pid: i32) -> char {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = text.rsplit_once(") ").map(|(_, fields)| fields.to_owned());
    after_name.and_then(|it| it.chars().next()).unwrap_or('-')
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        if Instant::now() > deadline {
            println!("in vain: {what}");
            exit(1);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

fn in_words(status: i32) -> String {
    match (status & 0x7f, status >> 8 & 0xff) {
        (0, code) => format!("exited {code}"),
        (0x7f, signal) if status == 0xffff => format!("continued {signal}"),
        (0x7f, signal) => format!("stopped {signal}"),
        (signal, _) => format!("signaled {signal} core {}", status & 0x80 != 0),
    }
}

/// Waits for a child, and says what of.
fn waited(pid: i32, options: i32) -> String {
    let mut status = 0;
    // SAFETY: the status is a valid place.
    match unsafe { waitpid(pid, &raw mut status, options) } {
        -1 => format!("error {}", errno()),
        0 => "nothing".to_owned(),
        found if pid < 1 || found == pid => in_words(status),
        _ => "another".to_owned(),
    }
}

unsafe fn children() {
    let pid = child(|| unsafe { _exit(7) });
    until("zombie", || state(pid) == 'Z');
    println!("zombie: kill 0 answers {}", unsafe { kill(pid, 0) });
    let mut it = Information::default();
    let found = unsafe { waitid(P_PID, pid, &raw mut it, WEXITED | WNOWAIT) };
    let (code, status) = (it.code, it.value);
    println!(
        "WNOWAIT: {found} code {code} status {status} own {}",
        it.pid == pid
    );
    println!("after WNOWAIT: {}", state(pid));
    println!("WNOHANG: {}, then {}", waited(pid, WNOHANG), state(pid));
    println!("no child: {}", waited(pid, 0));

    let (mut reader, writer) = std::io::pipe().unwrap();
    let pid = child(|| {
        let mut byte = [0];
        drop(unsafe { std::fs::File::from_raw_fd(writer.as_raw_fd()) });
        let _ = reader.read(&mut byte);
    });
    println!("WNOHANG alive: {}", waited(pid, WNOHANG));
    drop(writer);
    println!("then: {}", waited(pid, 0));

    act(SIGCHLD, count as *const () as usize, SA_RESTART);
    for _ in 0..5 {
        waited(child(|| {}), 0);
    }
    println!("SIGCHLD: {} for 5", counted());
    // All end alike: a zombie that shows may still be the tracer's for a moment, so which comes first is chance.
    let pids: Vec<i32> = (0..3).map(|_| child(|| unsafe { _exit(1) })).collect();
    until("3 zombies", || pids.iter().all(|pid| state(*pid) == 'Z'));
    let found = unsafe { waitid(P_ALL, 0, null_mut(), WEXITED) };
    println!("waitid of any, unnamed: {found}");
    println!(
        "others: {} {} {}",
        waited(-1, 0),
        waited(-1, 0),
        waited(-1, 0)
    );
    counted();
}

unsafe fn stops() {
    act(
        SIGCHLD,
        count as *const () as usize,
        SA_RESTART | SA_NOCLDSTOP,
    );
    let (mut go, word) = std::io::pipe().unwrap();
    let pid = child(|| unsafe {
        raise(SIGSTOP);
        // Stopped again before its parent asks, it would no longer count as continued.
        let _ = go.read(&mut [0]);
        raise(SIGTSTP);
        _exit(3);
    });
    println!("stop: {}", waited(pid, WUNTRACED));
    println!("SA_NOCLDSTOP: {}", counted());
    println!("differs: a stopped child shows {}", state(pid));
    println!("stays: {}", waited(pid, WNOHANG | WUNTRACED));
    unsafe { kill(pid, SIGCONT) };
    println!("continue: {}", waited(pid, WCONTINUED));
    unsafe { write(word.as_raw_fd(), b"x".as_ptr(), 1) };
    // Where its group is an orphan, the kernel does not stop it (`setpgid(2)`).
    let stopped = waited(pid, WUNTRACED);
    println!(
        "SIGTSTP: {}",
        stopped.starts_with("stopped") || stopped == "exited 3"
    );
    if stopped.starts_with("stopped") {
        unsafe { kill(pid, SIGCONT) };
        println!("at last: {}", waited(pid, 0));
    } else {
        println!("at last: {stopped}");
    }
    act(SIGCHLD, count as *const () as usize, SA_RESTART);
    counted();
    let pid = patient();
    unsafe { kill(pid, SIGSTOP) };
    println!("SIGSTOP from outside: {}", waited(pid, WUNTRACED));
    unsafe { kill(pid, SIGTERM) };
    println!("SIGTERM while stopped: {}", waited(pid, WNOHANG));
    unsafe { kill(pid, SIGCONT) };
    println!("then continued: {}", waited(pid, 0));
    let pid = patient();
    unsafe { kill(pid, SIGSTOP) };
    waited(pid, WUNTRACED);
    unsafe { kill(pid, SIGKILL) };
    println!("SIGKILL while stopped: {}", waited(pid, 0));
    let pid = patient();
    println!("own group: {}", unsafe { setpgid(pid, pid) });
    println!(
        "group of child is its own: {}",
        unsafe { getpgid(pid) } == pid
    );
    unsafe { kill(-pid, SIGKILL) };
    println!("group killed: {}", waited(-pid, 0));
}

unsafe fn discarded() {
    act(SIGCHLD, SIG_IGN, 0);
    let pid = child(|| {});
    println!("SIG_IGN: {}", waited(pid, 0));
    println!("nothing left of it: {}", state(pid));
    act(SIGCHLD, SIG_DFL, SA_NOCLDWAIT);
    let pid = child(|| {});
    println!("SA_NOCLDWAIT: {}", waited(pid, 0));
    act(SIGCHLD, SIG_DFL, 0);
}

unsafe fn families() {
    let mut value = 1;
    let place = &raw mut value;
    match unsafe { vfork() } {
        0 => unsafe {
            place.write_volatile(42);
            _exit(0)
        },
        pid => {
            println!("vfork: value {}", unsafe { place.read_volatile() });
            println!("vfork: {}", waited(pid, 0));
        }
    }
    let (mut reader, writer) = std::io::pipe().unwrap();
    let pid = child(|| {
        let parent = unsafe { getpid() };
        child(|| {
            until("a new parent", || unsafe { getppid() } != parent);
            unsafe { write(writer.as_raw_fd(), b"x".as_ptr(), 1) };
        });
    });
    println!("orphan's parent: {}", waited(pid, 0));
    drop(writer);
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    println!("orphan has a new parent: {}", bytes.len());

    unsafe { prctl(PR_SET_CHILD_SUBREAPER, 1) };
    let pid = child(|| {
        let parent = unsafe { getpid() };
        child(|| {
            until("a new parent", || unsafe { getppid() } != parent);
            unsafe { _exit(9) };
        });
    });
    println!("subreaper: {} and {}", waited(pid, 0), waited(-1, 0));
    let (mut reader, writer) = std::io::pipe().unwrap();
    let pid = child(|| {
        let ready = std::io::pipe().unwrap();
        child(|| {
            unsafe { prctl(PR_SET_PDEATHSIG, SIGUSR1 as usize) };
            unsafe { write(ready.1.as_raw_fd(), b"x".as_ptr(), 1) };
            loop {
                unsafe { pause() };
            }
        });
        let mut byte = [0];
        let _ = (&ready.0).read(&mut byte);
        unsafe { write(writer.as_raw_fd(), b"x".as_ptr(), 1) };
    });
    drop(writer);
    let mut byte = [0];
    let _ = reader.read(&mut byte);
    println!("PDEATHSIG: {} and {}", waited(pid, 0), waited(-1, 0));
    unsafe { prctl(PR_SET_CHILD_SUBREAPER, 0) };
}

/// Ticks soon and again, so that a call that begins late is interrupted too.
fn ticks(running: bool) {
    let time = Time {
        seconds: 0,
        parts: if running { 20_000 } else { 0 },
    };
    // SAFETY: the timer is a valid structure.
    unsafe { setitimer(0, &[time, time], null_mut()) };
}

unsafe fn interruptions() {
    let (reader, writer) = std::io::pipe().unwrap();
    let (reader, writer) = (reader.into_raw_fd(), writer.into_raw_fd());
    let mut byte = 0;
    act(SIGALRM, count as *const () as usize, 0);
    ticks(true);
    let found = unsafe { read(reader, &raw mut byte, 1) };
    println!("read: {found} EINTR {}", errno() == EINTR);
    let pid = patient();
    println!("waitpid: {}", waited(pid, 0) == format!("error {EINTR}"));
    unsafe { kill(pid, SIGKILL) };
    ticks(false);
    while waited(pid, 0) == format!("error {EINTR}") {}
    counted();

    act(SIGALRM, count as *const () as usize, SA_RESTART);
    ticks(true);
    let pid = child(|| {
        act(SIGUSR1, count as *const () as usize, 0);
        // The parent answers nothing until it has been interrupted a few times.
        thread::sleep(Duration::from_millis(150));
        unsafe { write(writer, b"x".as_ptr(), 1) };
    });
    let found = unsafe { read(reader, &raw mut byte, 1) };
    ticks(false);
    println!(
        "read with SA_RESTART: {found} interrupted {}",
        counted() > 0
    );
    println!("its writer: {}", waited(pid, 0));

    act(SIGALRM, count as *const () as usize, SA_RESTART);
    let long = Time {
        seconds: 50,
        parts: 0,
    };
    let mut left = Time::default();
    ticks(true);
    let found = unsafe { nanosleep(&raw const long, &raw mut left) };
    println!("nanosleep: {found} EINTR {}", errno() == EINTR);
    println!("nanosleep's rest: {}", (1..50).contains(&left.seconds));
    let mut polled = Polled {
        descriptor: reader,
        events: 1,
        found: 0,
    };
    let found = unsafe { poll(&raw mut polled, 1, 50_000) };
    println!(
        "poll: {found} EINTR {} although SA_RESTART",
        errno() == EINTR
    );
    ticks(false);
    counted();

    // Stopped and continued, a sleep goes on where it was.
    let pid = child(|| {
        let short = Time {
            seconds: 0,
            parts: 200_000_000,
        };
        let slept = unsafe { nanosleep(&raw const short, null_mut()) };
        unsafe { _exit(slept) };
    });
    unsafe { kill(pid, SIGSTOP) };
    println!("sleeper: {}", waited(pid, WUNTRACED));
    unsafe { kill(pid, SIGCONT) };
    println!("sleeper: {}", waited(pid, 0));
}

unsafe fn signals() {
    act(SIGTRAP, count as *const () as usize, 0);
    unsafe { raise(SIGTRAP) };
    println!("SIGTRAP: {}", counted());
    act(SIGREAL, note as *const () as usize, SA_SIGINFO);
    let mut mask = [0; 16];
    mask[0] = 1 << (SIGREAL - 1);
    unsafe { sigprocmask(SIG_BLOCK, &raw const mask, null_mut()) };
    let own = unsafe { getpid() };
    for value in 0..5 {
        unsafe { sigqueue(own, SIGREAL, value) };
    }
    println!("blocked: {}", COUNT.load(Ordering::SeqCst));
    unsafe { sigprocmask(SIG_UNBLOCK, &raw const mask, null_mut()) };
    let order: Vec<i32> = ORDER[..5]
        .iter()
        .map(|it| it.load(Ordering::SeqCst))
        .collect();
    println!("real-time signals: {} in order {order:?}", counted());
    unsafe { sigprocmask(SIG_BLOCK, &raw const mask, null_mut()) };
    unsafe { sigqueue(own, SIGREAL, 9) };
    let mut it = Information::default();
    let found = unsafe { sigwaitinfo(&raw const mask, &raw mut it) };
    println!(
        "sigwaitinfo: {found} value {} own {}",
        it.value,
        it.pid == own
    );
    unsafe { sigprocmask(SIG_UNBLOCK, &raw const mask, null_mut()) };
    act(SIGUSR1, count as *const () as usize, 0);
    mask[0] = 1 << (SIGUSR1 - 1);
    unsafe { sigprocmask(SIG_BLOCK, &raw const mask, null_mut()) };
    for _ in 0..3 {
        unsafe { kill(own, SIGUSR1) };
    }
    unsafe { sigprocmask(SIG_UNBLOCK, &raw const mask, null_mut()) };
    println!("SIGUSR1, blocked and sent 3 times: {}", counted());

    let pid = patient();
    let descriptor = unsafe { syscall(SYS_PIDFD_OPEN, pid, 0) };
    let mut polled = Polled {
        descriptor: i32::try_from(descriptor).unwrap(),
        events: 1,
        found: 0,
    };
    let before = unsafe { poll(&raw mut polled, 1, 0) };
    unsafe { kill(pid, SIGTERM) };
    let after = unsafe { poll(&raw mut polled, 1, 60_000) };
    println!("pidfd: {before} then {after}");
    println!("SIGTERM: {}", waited(pid, 0));
}

unsafe fn deaths() {
    println!("abort: {}", waited(child(|| unsafe { abort() }), 0));
    let pid = child(|| unsafe {
        // Not the runtime's handler, which would speak of a stack overflow.
        act(SIGSEGV, SIG_DFL, 0);
        let nowhere: *mut i32 = std::hint::black_box(null_mut());
        nowhere.write_volatile(1);
    });
    println!(
        "segmentation fault: {}",
        waited(pid, 0) == format!("signaled {SIGSEGV} core false")
    );
    assert_ne!(SIGABRT, SIGSEGV);
    let pid = child(|| unsafe {
        act(SIGPIPE, SIG_DFL, 0);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        write(writer.as_raw_fd(), b"x".as_ptr(), 1);
    });
    println!("broken pipe: {}", waited(pid, 0));
    let pid = child(|| unsafe {
        act(SIGALRM, SIG_DFL, 0);
        alarm(1);
        loop {
            pause();
        }
    });
    println!("alarm: {}", waited(pid, 0));
    println!(
        "kill of nobody: {} {}",
        unsafe { kill(i32::MAX, 0) },
        errno()
    );
}

unsafe fn differences() {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let tracer = status
        .lines()
        .find_map(|line| line.strip_prefix("TracerPid:"));
    println!("differs: traced {}", tracer.map(str::trim) != Some("0"));
    let pid = child(|| unsafe {
        let refused = ptrace(PTRACE_TRACEME, 0, 0, 0) < 0;
        _exit(i32::from(refused));
    });
    println!(
        "differs: PTRACE_TRACEME refused {}",
        waited(pid, 0) == "exited 1"
    );
}

unsafe fn exec_from_a_thread() {
    let pid = child(|| {
        // SAFETY: `getpid` may always be called.
        let script = format!("test $$ = {} && exit 5\0", unsafe { getpid() });
        let other = thread::spawn(move || {
            // SAFETY: the list ends with a null pointer.
            unsafe {
                let words = [
                    c"sh".as_ptr(),
                    c"-c".as_ptr(),
                    script.as_ptr().cast(),
                    null(),
                ];
                execv(c"/bin/sh".as_ptr(), words.as_ptr());
            }
        });
        let _ = other.join();
    });
    println!(
        "exec from a thread keeps the pid: {}",
        waited(pid, 0) == "exited 5"
    );
}
