//! Has children: a zombie, one that is waited for, or a crowd.

use std::io::{Read as _, pipe};
use std::process::exit;
use std::thread::sleep;
use std::time::Duration;

const P_PID: i32 = 1;
const WEXITED: i32 = 4;
const WNOWAIT: i32 = 0x0100_0000;

unsafe extern "C" {
    fn fork() -> i32;
    fn waitid(kind: i32, id: i32, information: *mut [u64; 16], options: i32) -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args[1].as_str() {
        "zombie" => {
            let child = start(|| {});
            let mut information = [0; 16];
            // SAFETY: `siginfo_t` has 128 bytes. With WNOWAIT the child stays a zombie.
            unsafe { waitid(P_PID, child, &raw mut information, WEXITED | WNOWAIT) };
        }
        "reaped" => reap(start(|| {})),
        // So many children at once, each alive until all of them are.
        "crowd" => {
            let (mut reader, writer) = pipe().unwrap();
            let count = args[2].parse().unwrap();
            let mut children = Vec::new();
            for _ in 0..count {
                let writer = &writer;
                children.push(start(|| {
                    let mut reader = reader.try_clone().unwrap();
                    // SAFETY: the child's own copy; it ends before the value is dropped again.
                    drop(unsafe { std::ptr::read(writer) });
                    let _ = reader.read(&mut [0]);
                }));
            }
            // Longer than the runner needs to look twice.
            sleep(Duration::from_millis(200));
            drop(writer);
            children.into_iter().for_each(reap);
            let _ = reader.read(&mut [0]);
        }
        other => panic!("{other}"),
    }
}

fn start(child: impl FnOnce()) -> i32 {
    // SAFETY: one thread, so the child may do what it likes.
    let pid = unsafe { fork() };
    if pid == 0 {
        child();
        exit(0);
    }
    assert!(pid > 0, "fork failed");
    pid
}

fn reap(pid: i32) {
    let mut status = 0;
    // SAFETY: `status` is a valid place for an int.
    unsafe { waitpid(pid, &raw mut status, 0) };
}
