//! The work-loads of `overhead.sh`: each does one thing many times and prints the time that it took, in microseconds.
//!
//! `overhead WORK COUNT`, where WORK is fork, exec, spawn, pipe, bulk, futex or tcp. The time is the program's own, from
//! before the first repetition to after the last: what a recorder costs at its start and at its end is not in it. The second
//! number is the CPU time of the program, its children and its parent (who traces it, if somebody does) in that time.

use std::ffi::c_void;
use std::io::{Read as _, Write as _, pipe};
use std::net::{TcpListener, TcpStream};
use std::process::exit;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

const BLOCK: usize = 64 * 1024;

const SYS_FUTEX: i64 = if cfg!(target_arch = "x86_64") {
    202
} else {
    98
};
const FUTEX_WAIT: i32 = 0;
const FUTEX_WAKE: i32 = 1;
const MAP_SHARED_ANONYMOUS: i32 = 0x21;
const PROT_READ_WRITE: i32 = 3;
const SIGTERM: i32 = 15;
const RUSAGE_SELF: i32 = 0;
const RUSAGE_CHILDREN: i32 = -1;

unsafe extern "C" {
    static environ: *const *const i8;
    fn _exit(code: i32) -> !;
    fn execv(path: *const i8, arguments: *const *const i8) -> i32;
    fn fork() -> i32;
    fn getppid() -> i32;
    fn getrusage(who: i32, usage: *mut i64) -> i32;
    fn kill(pid: i32, signal: i32) -> i32;
    fn mmap(
        at: *mut c_void,
        bytes: usize,
        prot: i32,
        flags: i32,
        fd: i32,
        from: i64,
    ) -> *mut c_void;
    fn posix_spawn(
        pid: *mut i32,
        path: *const i8,
        actions: *const c_void,
        attributes: *const c_void,
        arguments: *const *const i8,
        environment: *const *const i8,
    ) -> i32;
    fn syscall(number: i64, ...) -> i64;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let [_, work, count] = &words[..] else {
        eprintln!("usage: overhead fork|exec|spawn|pipe|bulk|futex|tcp COUNT");
        exit(2);
    };
    let count = count.parse().expect("COUNT is a number");
    let work = match work.as_str() {
        "fork" => fork_and_wait,
        "exec" => fork_exec_and_wait,
        "spawn" => spawn_and_wait,
        "pipe" => pipe_ping_pong,
        "bulk" => pipe_bulk,
        "futex" => futex_ping_pong,
        "tcp" => tcp_connections,
        _ => exit(2),
    };
    let (started, used) = (Instant::now(), cpu());
    work(count);
    let elapsed = started.elapsed().as_micros();
    println!("{elapsed} {}", cpu() - used);
}

/// The CPU time of this process, the children that it has waited for, and its parent, in microseconds.
fn cpu() -> u128 {
    // SAFETY: it may always be called.
    let parent = unsafe { getppid() };
    let statistics = std::fs::read_to_string(format!("/proc/{parent}/schedstat"));
    let parent = statistics.ok().and_then(|text| {
        let nanoseconds: u128 = text.split(' ').next()?.parse().ok()?;
        Some(nanoseconds / 1000)
    });
    let own = [RUSAGE_SELF, RUSAGE_CHILDREN].map(|who| {
        let mut usage = [0_i64; 18];
        // SAFETY: `usage` is as large as the structure that the kernel fills in.
        assert_eq!(unsafe { getrusage(who, usage.as_mut_ptr()) }, 0);
        let [seconds, micros, more_seconds, more_micros, ..] = usage;
        let micros = (seconds + more_seconds) * 1_000_000 + micros + more_micros;
        u128::try_from(micros).expect("a time")
    });
    own.iter().sum::<u128>() + parent.unwrap_or(0)
}

/// Runs `body` in a child, which then ends.
fn child(body: impl FnOnce()) -> i32 {
    // SAFETY: this program has one thread, so the child may run ordinary code.
    match unsafe { fork() } {
        -1 => panic!("no child"),
        0 => {
            body();
            // SAFETY: `_exit` may always be called.
            unsafe { _exit(0) }
        }
        pid => pid,
    }
}

fn wait(pid: i32) {
    // SAFETY: no status is asked for.
    assert_eq!(unsafe { waitpid(pid, null_mut(), 0) }, pid);
}

fn fork_and_wait(count: u32) {
    for _ in 0..count {
        wait(child(|| {}));
    }
}

fn fork_exec_and_wait(count: u32) {
    let arguments = [c"true".as_ptr(), null()];
    for _ in 0..count {
        // SAFETY: the list ends with a null pointer, and everything in it is alive.
        wait(child(|| unsafe {
            execv(c"/bin/true".as_ptr(), arguments.as_ptr());
        }));
    }
}

fn spawn_and_wait(count: u32) {
    let arguments = [c"true".as_ptr(), null()];
    let path = c"/bin/true".as_ptr();
    for _ in 0..count {
        let mut pid = 0;
        // SAFETY: as above; actions and attributes may be null.
        let error = unsafe {
            posix_spawn(
                &raw mut pid,
                path,
                null(),
                null(),
                arguments.as_ptr(),
                environ,
            )
        };
        assert_eq!(error, 0);
        wait(pid);
    }
}

fn pipe_ping_pong(count: u32) {
    let (mut there_out, mut there_in) = pipe().expect("a pipe");
    let (mut back_out, mut back_in) = pipe().expect("a pipe");
    let mut byte = [b'x'];
    let pid = child(|| {
        let mut byte = [0];
        for _ in 0..count {
            there_out.read_exact(&mut byte).expect("a byte");
            back_in.write_all(&byte).expect("a reader");
        }
    });
    for _ in 0..count {
        there_in.write_all(&byte).expect("a reader");
        back_out.read_exact(&mut byte).expect("a byte");
    }
    wait(pid);
}

fn pipe_bulk(count: u32) {
    let (mut reader, mut writer) = pipe().expect("a pipe");
    // SAFETY: this program has one thread, so the child may run ordinary code.
    let pid = match unsafe { fork() } {
        -1 => panic!("no child"),
        0 => {
            // The child only reads: without this it would wait for its own end of file.
            drop(writer);
            let mut block = vec![0; BLOCK];
            while reader.read(&mut block).expect("bytes") > 0 {}
            // SAFETY: `_exit` may always be called.
            unsafe { _exit(0) }
        }
        pid => pid,
    };
    drop(reader);
    let block = vec![0; BLOCK];
    for _ in 0..count {
        writer.write_all(&block).expect("a reader");
    }
    drop(writer);
    wait(pid);
}

fn futex_ping_pong(count: u32) {
    // SAFETY: a new mapping, of a size that holds the two words.
    let words = unsafe {
        mmap(
            null_mut(),
            4096,
            PROT_READ_WRITE,
            MAP_SHARED_ANONYMOUS,
            -1,
            0,
        )
    };
    // SAFETY: the mapping is page-aligned, zeroed, never unmapped, and used through atomics only.
    let [there, back] = unsafe { &*words.cast::<[AtomicU32; 2]>() };
    let pid = child(|| {
        for turn in 1..=count {
            wait_for(there, turn);
            announce(back, turn);
        }
    });
    for turn in 1..=count {
        announce(there, turn);
        wait_for(back, turn);
    }
    wait(pid);
}

fn wait_for(word: &AtomicU32, turn: u32) {
    while word.load(Ordering::Acquire) != turn {
        // SAFETY: the word outlives the call; no timeout.
        unsafe {
            syscall(
                SYS_FUTEX,
                word.as_ptr(),
                FUTEX_WAIT,
                turn - 1,
                0_usize,
                0_usize,
                0,
            )
        };
    }
}

fn announce(word: &AtomicU32, turn: u32) {
    word.store(turn, Ordering::Release);
    // SAFETY: the word outlives the call.
    unsafe { syscall(SYS_FUTEX, word.as_ptr(), FUTEX_WAKE, 1, 0_usize, 0_usize, 0) };
}

fn tcp_connections(count: u32) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let workers: Vec<i32> = (0..4)
        .map(|_| {
            child(|| {
                loop {
                    let (mut stream, _) = listener.accept().expect("a connection");
                    let mut bytes = [0; 64];
                    let count = stream.read(&mut bytes).expect("bytes");
                    stream.write_all(&bytes[..count]).expect("a peer");
                }
            })
        })
        .collect();
    for _ in 0..count {
        let mut stream = TcpStream::connect(address).expect("a worker");
        stream.write_all(b"hi").expect("a worker");
        let mut bytes = [0; 64];
        while stream.read(&mut bytes).expect("an answer") > 0 {}
    }
    for pid in workers {
        // SAFETY: the number is a child's that has not been waited for.
        unsafe { kill(pid, SIGTERM) };
        wait(pid);
    }
}
