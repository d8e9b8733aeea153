//! Does one thing that the record must show. What comes before the process calls itself "shown" is the runtime's.

use std::ffi::c_void;
use std::fs::{self, File};
use std::io::{IoSlice, IoSliceMut, Read as _, Write as _, pipe};
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::process::exit;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;

const SIGKILL: i32 = 9;
const SIGUSR1: i32 = 10;
const SIGALRM: i32 = 14;
const SIGTERM: i32 = 15;
const SIGCHLD: i32 = 17;
const SIGCONT: i32 = 18;
const SIGSTOP: i32 = 19;
const SIG_IGN: usize = 1;
const WUNTRACED: i32 = 2;
const WEXITED: i32 = 4;
const WCONTINUED: i32 = 8;
const WNOWAIT: i32 = 0x0100_0000;
const PR_SET_NAME: i32 = 15;
const PR_SET_CHILD_SUBREAPER: i32 = 36;
const SA_RESTART: i32 = 0x1000_0000;

/// `struct sigaction` of the C library.
#[repr(C)]
struct Action {
    handler: usize,
    mask: [u64; 16],
    flags: i32,
    restorer: usize,
}

/// `struct msghdr`.
#[repr(C)]
struct Message {
    name: *mut c_void,
    name_bytes: u32,
    vectors: *mut c_void,
    vector_count: usize,
    control: *mut c_void,
    control_bytes: usize,
    flags: i32,
}

unsafe extern "C" {
    static environ: *const *const i8;
    fn _exit(code: i32) -> !;
    fn clock_gettime(clock: i32, time: *mut [i64; 2]) -> i32;
    fn close(descriptor: i32) -> i32;
    fn close_range(first: u32, last: u32, flags: i32) -> i32;
    fn dup2(old: i32, new: i32) -> i32;
    fn execv(path: *const i8, arguments: *const *const i8) -> i32;
    fn fcntl(descriptor: i32, what: i32, ...) -> i32;
    fn fork() -> i32;
    fn getpid() -> i32;
    fn getppid() -> i32;
    fn kill(pid: i32, signal: i32) -> i32;
    fn memfd_create(name: *const i8, flags: u32) -> i32;
    fn mkfifo(path: *const i8, mode: u32) -> i32;
    fn mmap(
        at: *mut c_void,
        bytes: usize,
        prot: i32,
        flags: i32,
        fd: i32,
        from: i64,
    ) -> *mut c_void;
    fn munmap(at: *mut c_void, bytes: usize) -> i32;
    fn open(path: *const i8, flags: i32, ...) -> i32;
    fn pause() -> i32;
    fn posix_spawn(
        pid: *mut i32,
        path: *const i8,
        actions: *const u8,
        attributes: *const u8,
        arguments: *const *const i8,
        environment: *const *const i8,
    ) -> i32;
    fn prctl(what: i32, argument: usize) -> i32;
    fn read(descriptor: i32, buffer: *mut u8, count: usize) -> isize;
    fn recvmsg(socket: i32, message: *mut Message, flags: i32) -> isize;
    fn sendfile(to: i32, from: i32, offset: *mut i64, count: usize) -> isize;
    fn sendmsg(socket: i32, message: *const Message, flags: i32) -> isize;
    fn setitimer(which: i32, new: *const [i64; 4], old: *mut [i64; 4]) -> i32;
    fn shmat(id: i32, at: *mut c_void, flags: i32) -> *mut c_void;
    fn shmctl(id: i32, what: i32, data: *mut c_void) -> i32;
    fn shmget(key: i32, bytes: usize, flags: i32) -> i32;
    fn shm_open(name: *const i8, flags: i32, mode: u32) -> i32;
    fn shm_unlink(name: *const i8) -> i32;
    fn sigaction(signal: i32, new: *const Action, old: *mut Action) -> i32;
    fn signal(number: i32, action: usize) -> usize;
    fn socketpair(domain: i32, kind: i32, protocol: i32, ends: *mut [i32; 2]) -> i32;
    fn splice(from: i32, at: *mut i64, to: i32, at: *mut i64, count: usize, flags: u32) -> isize;
    fn tee(from: i32, to: i32, count: usize, flags: u32) -> isize;
    fn unlink(path: *const i8) -> i32;
    fn waitid(kind: i32, id: i32, information: *mut u8, options: i32) -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
    fn write(descriptor: i32, buffer: *const u8, count: usize) -> isize;
}

extern "C" fn ignore(_signal: i32) {}

/// Where a handler says that it has run.
static ANSWER: AtomicI32 = AtomicI32::new(-1);

extern "C" fn answer(_signal: i32) {
    // SAFETY: `write` is async-signal-safe, and the byte is valid.
    unsafe { write(ANSWER.load(Ordering::SeqCst), b"x".as_ptr(), 1) };
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    // SAFETY: every pointer leads to a live value of the type that its call names; children of this one-threaded
    // program may run ordinary code.
    unsafe {
        prctl(PR_SET_NAME, c"shown".as_ptr().addr());
        show(&words);
    }
}

unsafe fn child(body: impl FnOnce()) -> i32 {
    match unsafe { fork() } {
        -1 => exit(9),
        0 => {
            body();
            unsafe { _exit(0) }
        }
        pid => pid,
    }
}

unsafe fn wait(pid: i32) -> i32 {
    unsafe { waitpid(pid, null_mut(), 0) }
}

unsafe fn show(words: &[String]) {
    match words[1].as_str() {
        "exit" => exit(words[2].parse().unwrap()),
        "close" => unsafe {
            for word in &words[2..] {
                close(word.parse().unwrap());
            }
        },
        "reaps" => unsafe {
            wait(child(|| _exit(7)));
            child(|| _exit(8));
            waitid(0, 0, null_mut(), WEXITED | WNOWAIT);
            waitid(0, 0, null_mut(), WEXITED);
            child(|| _exit(9));
            wait(-1);
            signal(SIGCHLD, SIG_IGN);
            child(|| {});
            wait(-1);
        },
        what @ ("orphan" | "adopted") => unsafe {
            let (mut go, word) = pipe().unwrap();
            if what == "adopted" {
                prctl(PR_SET_CHILD_SUBREAPER, 1);
            }
            let parent = child(|| {
                child(|| {
                    let _ = go.read(&mut [0]);
                    _exit(5)
                });
                _exit(4)
            });
            wait(parent);
            (&word).write_all(b"x").unwrap();
            if what == "adopted" {
                wait(-1);
            }
        },
        "thread" => unsafe {
            wait(child(|| {
                let other = thread::spawn(|| {
                    let words = [c"it".as_ptr(), c"exit".as_ptr(), c"5".as_ptr(), null()];
                    execv(c"/proc/self/exe".as_ptr(), words.as_ptr());
                });
                let _ = other.join();
            }));
        },
        "spawn" => unsafe {
            let mut pid = 0;
            let words = [c"true".as_ptr(), null()];
            let path = c"/bin/true".as_ptr();
            posix_spawn(&raw mut pid, path, null(), null(), words.as_ptr(), environ);
            wait(pid);
        },
        "objects" => unsafe { objects() },
        "memory" => unsafe { memory() },
        "segment" => unsafe { segment() },
        "renamed" => {
            drop(File::create("draft").unwrap());
            fs::rename("draft", "./fair").unwrap();
        }
        // Three that use 30 ms of CPU time and end: by themselves, killed, and after a thread has executed a program.
        "cpu" => unsafe {
            wait(child(burn));
            wait(child(|| {
                burn();
                kill(getpid(), SIGKILL);
            }));
            wait(child(|| {
                burn();
                let words = [c"true".as_ptr(), null()];
                let words = words.map(|it| it as usize);
                let executed = thread::spawn(move || {
                    let words = words.map(|it| it as *const i8);
                    execv(c"/bin/true".as_ptr(), words.as_ptr());
                });
                let _ = executed.join();
            }));
        },
        "descriptors" => unsafe {
            let (reader, writer) = pipe().unwrap();
            let (reader, writer) = (reader.as_raw_fd(), writer.as_raw_fd());
            dup2(reader, 10);
            dup2(writer, 11);
            dup2(writer, 12);
            dup2(writer, 13);
            fcntl(11, 2, 1);
            close_range(12, 13, 0);
            wait(child(|| {
                let (exe, close) = (c"/proc/self/exe".as_ptr(), c"close".as_ptr());
                let words = [
                    exe,
                    close,
                    c"10".as_ptr(),
                    c"11".as_ptr(),
                    c"3".as_ptr(),
                    null(),
                ];
                execv(exe, words.as_ptr());
            }));
        },
        "transfers" => unsafe { transfers() },
        "signals" => unsafe {
            let action = Action {
                handler: ignore as *const () as usize,
                mask: [0; 16],
                flags: SA_RESTART,
                restorer: 0,
            };
            sigaction(SIGUSR1, &raw const action, null_mut());
            let (mut ready, word) = pipe().unwrap();
            ANSWER.store(word.as_raw_fd(), Ordering::SeqCst);
            signal(SIGCONT, answer as *const () as usize);
            let pid = child(|| {
                kill(getppid(), SIGUSR1);
                (&word).write_all(b"x").unwrap();
                loop {
                    pause();
                }
            });
            ready.read_exact(&mut [0]).unwrap();
            kill(pid, SIGSTOP);
            waitpid(pid, null_mut(), WUNTRACED);
            kill(pid, SIGCONT);
            waitpid(pid, null_mut(), WCONTINUED);
            // Of two pending signals, the one with the lower number would come first.
            ready.read_exact(&mut [0]).unwrap();
            kill(pid, SIGTERM);
            wait(pid);
            kill(getpid(), 0);
        },
        "hang" => unsafe {
            let (mut reader, _writer) = pipe().unwrap();
            let pid = child(|| {
                let _ = reader.read(&mut [0]);
            });
            wait(pid);
        },
        what @ ("told" | "restarted") => unsafe { interrupted(what == "told") },
        "killed" => unsafe {
            let pid = child(|| {
                wait(child(|| {
                    loop {
                        pause();
                    }
                }));
            });
            // It has a child and sleeps: then it waits for it.
            let children = format!("/proc/{pid}/task/{pid}/children");
            let stat = format!("/proc/{pid}/stat");
            let has = |path: &str, text| fs::read_to_string(path).is_ok_and(|it| it.contains(text));
            while !(has(&children, " ") && has(&stat, ") S ")) {
                thread::yield_now();
            }
            kill(pid, SIGKILL);
            wait(pid);
        },
        _ => exit(2),
    }
}

unsafe fn objects() {
    let _pipe = pipe().unwrap();
    let mut ends = [0; 2];
    unsafe {
        socketpair(1, 1, 0, &raw mut ends);
        mkfifo(c"fifo".as_ptr(), 0o600);
        // O_RDWR.
        open(c"fifo".as_ptr(), 2);
        memfd_create(c"memory".as_ptr(), 0);
        // O_RDWR, O_CREAT.
        shm_open(c"/trace-shows".as_ptr(), 0o102, 0o600);
        shm_unlink(c"/trace-shows".as_ptr());
        // O_WRONLY, O_CREAT, O_CLOEXEC.
        open(c"file".as_ptr(), 0o2_000_101, 0o600);
        open(c"missing".as_ptr(), 0);
        // Read and write, shared and anonymous.
        mmap(null_mut(), 4096, 3, 0x21, -1, 0);
        unlink(c"fifo".as_ptr());
    }
}

/// Uses 30 ms of CPU time.
fn burn() {
    let mut time = [0_i64; 2];
    while time[0] == 0 && time[1] < 30_000_000 {
        // CLOCK_PROCESS_CPUTIME_ID
        // SAFETY: the structure is two words.
        unsafe { clock_gettime(2, &raw mut time) };
    }
}

/// Three mappings: one that both processes use, one that the parent alone uses, one that nobody does. The child unmaps what it
/// has used, and executes a program.
unsafe fn memory() {
    // Read and write, shared and anonymous.
    let map = || unsafe { mmap(null_mut(), 8192, 3, 0x21, -1, 0) }.cast::<u8>();
    let [both, one, _nobody] = [map(), map(), map()];
    unsafe {
        both.write_volatile(1);
        one.write_volatile(1);
        wait(child(|| {
            assert_eq!(both.read_volatile(), 1);
            munmap(both.cast(), 8192);
            let words = [c"true".as_ptr(), null()];
            execv(c"/bin/true".as_ptr(), words.as_ptr());
        }));
    }
}

/// A segment of System V that the parent and its child attach, each for itself.
unsafe fn segment() {
    // IPC_PRIVATE, IPC_CREAT.
    let id = unsafe { shmget(0, 8192, 0o1600) };
    unsafe {
        shmat(id, null_mut(), 0).cast::<u8>().write_volatile(1);
        wait(child(|| {
            assert_eq!(shmat(id, null_mut(), 0).cast::<u8>().read_volatile(), 1);
        }));
        // IPC_RMID.
        shmctl(id, 0, null_mut());
    }
}

unsafe fn transfers() {
    let (mut first_out, mut first_in) = pipe().unwrap();
    let (second_out, second_in) = pipe().unwrap();
    let (a, b) = (second_out.as_raw_fd(), second_in.as_raw_fd());
    let mut bytes = [0; 64];
    first_in.write_all(b"1").unwrap();
    first_out.read_exact(&mut bytes[..1]).unwrap();
    let two = [IoSlice::new(b"2"), IoSlice::new(b"2")];
    first_in.write_vectored(&two).unwrap();
    let mut into = [IoSliceMut::new(&mut bytes)];
    first_out.read_vectored(&mut into).unwrap();
    first_in.write_all(b"333").unwrap();
    unsafe {
        tee(first_out.as_raw_fd(), b, 3, 0);
        read(a, bytes.as_mut_ptr(), 64);
        splice(first_out.as_raw_fd(), null_mut(), b, null_mut(), 3, 0);
        read(a, bytes.as_mut_ptr(), 64);
        // O_RDWR, O_CREAT.
        let file = open(c"file".as_ptr(), 0o102, 0o600);
        write(file, b"4444".as_ptr(), 4);
        let mut start = 0;
        sendfile(b, file, &raw mut start, 4);
        read(a, bytes.as_mut_ptr(), 64);
        let mut ends = [0; 2];
        socketpair(1, 1, 0, &raw mut ends);
        let mut vector = [bytes.as_mut_ptr().addr(), 5];
        let mut message = Message {
            name: null_mut(),
            name_bytes: 0,
            vectors: (&raw mut vector).cast(),
            vector_count: 1,
            control: null_mut(),
            control_bytes: 0,
            flags: 0,
        };
        sendmsg(ends[0], &raw const message, 0);
        recvmsg(ends[1], &raw mut message, 0);
        let mut copy = File::from_raw_fd(ends[0]);
        first_in.write_all(b"666666").unwrap();
        drop(first_in);
        std::io::copy(&mut first_out, &mut copy).unwrap();
    }
}

/// A read that a timer interrupts, once or, restarted, until somebody writes.
unsafe fn interrupted(told: bool) {
    let action = Action {
        handler: ignore as *const () as usize,
        mask: [0; 16],
        flags: if told { 0 } else { SA_RESTART },
        restorer: 0,
    };
    let (reader, writer) = pipe().unwrap();
    unsafe {
        sigaction(SIGALRM, &raw const action, null_mut());
        // 20 ms, again and again: one that comes before the read is followed by another.
        setitimer(0, &[0, 20_000, 0, 20_000], null_mut());
        if told {
            read(reader.as_raw_fd(), [0].as_mut_ptr(), 1);
            setitimer(0, &[0; 4], null_mut());
        } else {
            let pid = child(|| {
                thread::sleep(std::time::Duration::from_millis(200));
                (&writer).write_all(b"x").unwrap();
            });
            read(reader.as_raw_fd(), [0].as_mut_ptr(), 1);
            setitimer(0, &[0; 4], null_mut());
            wait(pid);
        }
    }
}
