//! More processes, events, threads and kills than a tracer likes. Each storm counts what it did, for the record to agree.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::process::exit;
use std::ptr::{null, null_mut};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

const SIGKILL: i32 = 9;
const SIGCHLD: i32 = 17;
const SIGCONT: i32 = 18;
const SIGSTOP: i32 = 19;
const WUNTRACED: i32 = 2;
const PR_SET_CHILD_SUBREAPER: i32 = 36;
const SIG_IGN: usize = 1;
/// How often a process that is going to be killed does its work. 250 of them stay below the number of events that are kept.
const BUSY_ROUNDS: u32 = 40;

unsafe extern "C" {
    static environ: *const *const i8;
    fn _exit(code: i32) -> !;
    fn close(descriptor: i32) -> i32;
    fn dup(descriptor: i32) -> i32;
    fn execv(path: *const i8, arguments: *const *const i8) -> i32;
    fn fork() -> i32;
    fn kill(pid: i32, signal: i32) -> i32;
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
    fn raise(signal: i32) -> i32;
    fn sched_yield() -> i32;
    fn setpgid(pid: i32, group: i32) -> i32;
    fn signal(number: i32, action: usize) -> usize;
    fn vfork() -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let number = |at: usize| words[at].parse::<u64>().unwrap();
    match words[1].as_str() {
        "processes" => processes(number(2), number(3)),
        "events" => events(number(2)),
        "threads" => threads(number(2)),
        "kills" => kills(number(2), number(3)),
        "stopped" => stopped(number(2)),
        "writers" => writers(number(2), number(3)),
        _ => exit(2),
    }
}

fn child(body: impl FnOnce()) -> i32 {
    // SAFETY: the caller has one thread, or the child keeps to system calls.
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

/// Waits for a child; whether there was one.
fn wait(pid: i32) -> bool {
    // SAFETY: no status is asked for.
    unsafe { waitpid(pid, null_mut(), 0) > 0 }
}

/// Many short processes, some at once.
fn processes(count: u64, at_once: u64) {
    let (mut alive, mut reaped) = (0, 0);
    for number in 0..count {
        child(|| {
            // SAFETY: `_exit` may always be called.
            unsafe { _exit(i32::try_from(number % 100).unwrap()) }
        });
        alive += 1;
        if alive == at_once {
            reaped += u64::from(wait(-1));
            alive -= 1;
        }
    }
    while wait(-1) {
        reaped += 1;
    }
    println!("{reaped}");
}

fn events(count: u64) {
    for _ in 0..count / 2 {
        // SAFETY: the descriptor is this function's own.
        unsafe { close(dup(1)) };
    }
    println!("{count}");
}

/// Threads that fork, spawn and exec while others run, again and again.
fn threads(rounds: u64) {
    let mut reaped = 0;
    for round in 0..rounds {
        let pid = child(move || {
            let all = Barrier::new(8);
            thread::scope(|scope| {
                for number in 0..8 {
                    let all = &all;
                    scope.spawn(move || {
                        all.wait();
                        match (number, round % 2) {
                            (0, 0) => true_program(),
                            (1, 0) => thread::sleep(Duration::from_secs(60)),
                            (2 | 3, _) => {
                                wait(child(|| {}));
                            }
                            (4, _) => spawn_and_wait(),
                            // SAFETY: `_exit` may always be called.
                            (5, 1) => unsafe { _exit(3) },
                            // Refused (EAGAIN) while another thread executes a program.
                            _ => drop(thread::Builder::new().spawn(|| {})),
                        }
                    });
                }
            });
        });
        reaped += u64::from(wait(pid));
    }
    println!("{reaped}");
}

fn true_program() {
    let words = [c"true".as_ptr(), null()];
    // SAFETY: the list ends with a null pointer.
    unsafe { execv(c"/bin/true".as_ptr(), words.as_ptr()) };
}

fn spawn_and_wait() {
    let mut pid = 0;
    let words = [c"true".as_ptr(), null()];
    let path = c"/bin/true".as_ptr();
    // SAFETY: the lists end with null pointers; actions and attributes may be null.
    if unsafe { posix_spawn(&raw mut pid, path, null(), null(), words.as_ptr(), environ) } == 0 {
        wait(pid);
    }
}

/// Children that write to standard output at once, in pieces that the kernel need not keep whole (`pipe(7)`): each writes its
/// own letter.
fn writers(count: u64, rounds: u64) {
    let children: Vec<i32> = (b'a'..)
        .zip(0..count)
        .map(|(letter, _)| {
            child(move || {
                let piece = vec![letter; 9_000];
                for round in 0..rounds {
                    let bytes = &piece[..usize::try_from(5_000 + round % 4_000).unwrap()];
                    std::io::stdout().lock().write_all(bytes).unwrap();
                }
            })
        })
        .collect();
    for pid in children {
        wait(pid);
    }
}

/// Leaves stopped children behind.
fn stopped(count: u64) {
    for _ in 0..count {
        let pid = child(|| unsafe {
            raise(SIGSTOP);
        });
        // SAFETY: no status is asked for.
        unsafe { waitpid(pid, null_mut(), WUNTRACED) };
    }
    println!("{count}");
}

/// Kills whole groups of busy processes at any moment; waits for all of them, wherever they were.
fn kills(count: u64, seed: u64) {
    // SAFETY: no pointers.
    unsafe { prctl(PR_SET_CHILD_SUBREAPER, 1) };
    let mut random = seed | 1;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let mut reaped = 0_u64;
    let mut victims = std::collections::VecDeque::new();
    for _ in 0..count {
        let what = next() % 10;
        let pid = child(|| {
            // SAFETY: no pointers.
            unsafe { setpgid(0, 0) };
            // A bound, because who is killed late would otherwise fill the record.
            for _ in 0..BUSY_ROUNDS {
                busy(what);
            }
            loop {
                // SAFETY: it may always be called.
                unsafe { pause() };
            }
        });
        // SAFETY: no pointers. Whoever is first, the group is made before it is killed.
        unsafe { setpgid(pid, pid) };
        victims.push_back(pid);
        for _ in 0..next() % 40 {
            // SAFETY: it may always be called.
            unsafe { sched_yield() };
        }
        if victims.len() >= 4 {
            reaped += end(victims.pop_front().unwrap());
        }
    }
    for pid in victims {
        reaped += end(pid);
    }
    while wait(-1) {
        reaped += 1;
    }
    println!("{reaped}");
}

/// Kills a group and waits for its leader, and for those of it that were left to this process.
fn end(group: i32) -> u64 {
    // SAFETY: no pointers.
    unsafe { kill(-group, SIGKILL) };
    let mut reaped = 0;
    while wait(-group) {
        reaped += 1;
    }
    reaped
}

fn busy(what: u64) {
    match what {
        0 => drop(wait(child(|| {}))),
        1 => drop(wait(child(true_program))),
        2 => spawn_and_wait(),
        3 => {
            let (mut reader, mut writer) = std::io::pipe().unwrap();
            let _ = writer.write_all(b"x");
            let _ = reader.read(&mut [0]);
            let _ = fs::read_link(format!("/proc/self/fd/{}", reader.as_raw_fd()));
        }
        // SAFETY: no pointers.
        4 => unsafe {
            let pid = child(|| {
                raise(SIGSTOP);
            });
            waitpid(pid, null_mut(), WUNTRACED);
            kill(pid, SIGCONT);
            wait(pid);
        },
        5 => thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| thread::sleep(Duration::from_micros(50)));
            }
        }),
        6 => {
            // SAFETY: the child ends at once.
            match unsafe { vfork() } {
                0 => unsafe { _exit(0) },
                pid => drop(wait(pid)),
            }
        }
        // SAFETY: no pointers.
        7 => unsafe {
            signal(SIGCHLD, SIG_IGN);
            child(|| {});
            raise(SIGSTOP);
        },
        // Others wait for their turn to print: whoever is killed in its own must not keep it.
        8 => drop(std::io::stdout().write_all(b"\n")),
        _ => {
            let _ = thread::spawn(true_program).join();
            // SAFETY: it may always be called.
            unsafe { pause() };
        }
    }
}
