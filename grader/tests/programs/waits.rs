//! Waits for what never comes; beside each such wait, the same one where it comes.

use std::ffi::CString;
use std::fs::File;
use std::io::{Read as _, Write as _, pipe};
use std::os::unix::net::UnixStream;
use std::process::exit;
use std::sync::{Barrier, Mutex};
use std::thread;

const SIGUSR1: i32 = 10;
const SIGSTOP: i32 = 19;

unsafe extern "C" {
    fn fork() -> i32;
    fn mkfifo(path: *const std::ffi::c_char, mode: u32) -> i32;
    fn pause() -> i32;
    fn raise(signal: i32) -> i32;
    fn sigwait(set: *const [u64; 16], found: *mut i32) -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}

fn main() {
    match std::env::args().nth(1).unwrap().as_str() {
        "own-pipe" => {
            let (mut reader, _writer) = pipe().unwrap();
            let _ = reader.read(&mut [0]);
        }
        "own-pipe-closed" => {
            let (mut reader, writer) = pipe().unwrap();
            drop(writer);
            assert_eq!(reader.read(&mut [0]).unwrap(), 0);
        }
        "full-pipe" => {
            let (_reader, mut writer) = pipe().unwrap();
            let child = start(|| writer.write_all(&[b'x'; 1 << 20]).unwrap());
            reap(child);
        }
        "full-pipe-read" => {
            let (mut reader, mut writer) = pipe().unwrap();
            let child = start(|| writer.write_all(&[b'x'; 1 << 20]).unwrap());
            drop(writer);
            assert_eq!(reader.read_to_end(&mut Vec::new()).unwrap(), 1 << 20);
            reap(child);
        }
        "sockets" => {
            let (mut one, mut other) = UnixStream::pair().unwrap();
            let child = start(|| {
                let _ = other.read(&mut [0]);
            });
            let _ = one.read(&mut [0]);
            reap(child);
        }
        "sockets-answered" => {
            let (mut one, mut other) = UnixStream::pair().unwrap();
            let child = start(|| {
                other.read_exact(&mut [0]).unwrap();
                other.write_all(b"!").unwrap();
            });
            one.write_all(b"?").unwrap();
            one.read_exact(&mut [0]).unwrap();
            reap(child);
        }
        "mutexes" => lock_both(false),
        "mutexes-in-order" => lock_both(true),
        "stopped-child" => reap(start(stop)),
        "stopped" => stop(),
        "paused" => {
            // SAFETY: no signal of this program has a handler.
            unsafe { pause() };
        }
        "signal" => {
            let set = [1 << (SIGUSR1 - 1); 16];
            // SAFETY: `sigset_t` has 128 bytes; the found signal is an int.
            unsafe { sigwait(&raw const set, &mut 0) };
        }
        "fifo" => {
            let path = CString::new("fifo").unwrap();
            // SAFETY: the path ends with NUL.
            unsafe { mkfifo(path.as_ptr(), 0o600) };
            let _ = File::open("fifo");
        }
        other => panic!("{other}"),
    }
    println!("done");
}

/// Two threads take two mutexes, in the same order or not.
fn lock_both(in_order: bool) {
    let (left, right) = (Mutex::new(()), Mutex::new(()));
    let both = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _first = left.lock().unwrap();
            if !in_order {
                both.wait();
            }
            let _second = right.lock().unwrap();
        });
        let (first, second) = if in_order {
            (&left, &right)
        } else {
            (&right, &left)
        };
        let _first = first.lock().unwrap();
        if !in_order {
            both.wait();
        }
        let _second = second.lock().unwrap();
    });
}

fn stop() {
    // SAFETY: the signal has its default action.
    unsafe { raise(SIGSTOP) };
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
