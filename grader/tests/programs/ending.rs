//! Ends: with a code, by a signal, with its whole process group, without its first thread, or not when asked to.

use std::io::Read as _;
use std::process::exit;
use std::thread::{sleep, spawn};
use std::time::Duration;

const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;
const SIG_IGN: usize = 1;
#[cfg(target_arch = "x86_64")]
const SYS_EXIT: i64 = 60;
#[cfg(not(target_arch = "x86_64"))]
const SYS_EXIT: i64 = 93;

unsafe extern "C" {
    fn fork() -> i32;
    fn kill(pid: i32, signal: i32) -> i32;
    fn raise(signal: i32) -> i32;
    fn signal(number: i32, action: usize) -> usize;
    fn syscall(number: i64, ...) -> i64;
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args[1].as_str() {
        "code" => exit(args[2].parse().unwrap()),
        "signal" => {
            // SAFETY: the signal has its default action, or it would not be sent.
            unsafe { raise(args[2].parse().unwrap()) };
        }
        "deaf" => {
            // SAFETY: ignoring a signal runs no code.
            unsafe { signal(SIGTERM, SIG_IGN) };
            std::fs::write("deaf", "").unwrap();
            sleep_for_ever();
        }
        "group" => {
            // SAFETY: one thread, so the child may do what it likes.
            if unsafe { fork() } == 0 {
                sleep_for_ever();
            }
            // SAFETY: process 0 is the caller's own group, which holds this program and its child.
            unsafe { kill(0, SIGKILL) };
        }
        // The process lives on in its other threads; its first one is a zombie until they end.
        "first-thread" => {
            let then = args[2].clone();
            spawn(move || after_the_first(&then));
            // SAFETY: ends this thread without unwinding; the other thread shares none of its stack.
            unsafe { syscall(SYS_EXIT, 0) };
        }
        other => panic!("{other}"),
    }
}

fn after_the_first(then: &str) {
    let status = || std::fs::read_to_string("/proc/self/status").unwrap();
    while !status().contains("State:\tZ") {
        std::thread::yield_now();
    }
    match then {
        "exits" => exit(7),
        "sleeps" => sleep_for_ever(),
        "hangs" => {
            let (mut reader, _writer) = std::io::pipe().unwrap();
            let _ = reader.read(&mut [0]);
        }
        other => panic!("{other}"),
    }
}

fn sleep_for_ever() -> ! {
    loop {
        sleep(Duration::from_secs(3600));
    }
}
