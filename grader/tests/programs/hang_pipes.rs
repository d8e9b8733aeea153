//! Hangs in pipes and FIFOs, each in one way; with `near` as a second argument it only looks so, and ends.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _, pipe};
use std::os::fd::AsRawFd as _;
use std::process::exit;
use std::ptr::null_mut;
use std::thread;
use std::time::Duration;

/// Longer than it takes to see two looks at which nobody moved.
const NAP: Duration = Duration::from_millis(300);

unsafe extern "C" {
    fn fork() -> i32;
    fn mkfifo(path: *const std::ffi::c_char, mode: u32) -> i32;
    fn splice(from: i32, a: *mut i64, to: i32, b: *mut i64, count: usize, flags: u32) -> isize;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let near = args.get(1).is_some_and(|it| it == "near");
    match args[0].as_str() {
        "own-end" => {
            let (mut reader, writer) = pipe().unwrap();
            if near {
                drop(writer);
            }
            assert_eq!(reader.read(&mut [0]).unwrap(), 0);
        }
        // A third process has the write end, and is about to use it.
        "third" => {
            let (mut reader, writer) = pipe().unwrap();
            let third = start(|| {
                if near {
                    thread::sleep(NAP);
                } else {
                    let (mut never, _own) = pipe().unwrap();
                    let _ = never.read(&mut [0]);
                }
                (&writer).write_all(b"!").unwrap();
            });
            let waiting = start(|| reader.read_exact(&mut [0]).unwrap());
            reap(waiting);
            reap(third);
        }
        "parent-keeps" => {
            let (mut reader, writer) = pipe().unwrap();
            let mut kept = Some(writer);
            let child = start(|| {
                kept.take();
                assert_eq!(reader.read(&mut [0]).unwrap(), 0);
            });
            if near {
                kept.take();
            }
            reap(child);
        }
        // The first worker's pipe is open in the second one, which was forked later.
        "sibling-keeps" => {
            let (one, other) = (pipe().unwrap(), pipe().unwrap());
            let (mut to_one, mut to_other) = (Some(one.1), Some(other.1));
            let first = start(|| {
                to_one.take();
                to_other.take();
                (&one.0).read_to_end(&mut Vec::new()).unwrap();
            });
            let second = start(|| {
                if near {
                    to_one.take();
                }
                to_other.take();
                (&other.0).read_to_end(&mut Vec::new()).unwrap();
            });
            to_one.take();
            reap(first);
            to_other.take();
            reap(second);
        }
        "full" => {
            let (mut reader, writer) = pipe().unwrap();
            let child = start(|| (&writer).write_all(&[b'x'; 1 << 20]).unwrap());
            drop(writer);
            if near {
                thread::sleep(NAP);
                reader.read_to_end(&mut Vec::new()).unwrap();
            }
            reap(child);
        }
        "both-read" => {
            let (here, there) = (pipe().unwrap(), pipe().unwrap());
            let child = start(|| {
                (&here.0).read_exact(&mut [0]).unwrap();
                (&there.1).write_all(b"!").unwrap();
            });
            if near {
                thread::sleep(NAP);
                (&here.1).write_all(b"!").unwrap();
            }
            (&there.0).read_exact(&mut [0]).unwrap();
            (&here.1).write_all(b"!").unwrap();
            reap(child);
        }
        "both-write" => {
            let (here, there) = (pipe().unwrap(), pipe().unwrap());
            let big = [b'x'; 1 << 20];
            let child = start(|| {
                if near {
                    (&here.0).read_exact(&mut big.clone()).unwrap();
                }
                (&there.1).write_all(&big).unwrap();
                if !near {
                    (&here.0).read_exact(&mut big.clone()).unwrap();
                }
            });
            (&here.1).write_all(&big).unwrap();
            (&there.0).read_exact(&mut big.clone()).unwrap();
            reap(child);
        }
        "splice" => {
            let (from, into) = (pipe().unwrap(), pipe().unwrap());
            let writer = start(|| {
                if near {
                    thread::sleep(NAP);
                    (&from.1).write_all(b"!").unwrap();
                } else {
                    let _ = (&into.0).read(&mut [0]);
                }
            });
            let (from, into) = (from.0.as_raw_fd(), into.1.as_raw_fd());
            // SAFETY: no offsets.
            let count = unsafe { splice(from, null_mut(), into, null_mut(), 1, 0) };
            assert_eq!(count, 1);
            reap(writer);
        }
        "fifo-open" => {
            make("box");
            let child = start(|| {
                if near {
                    thread::sleep(NAP);
                    let _ = OpenOptions::new().write(true).open("box").unwrap();
                } else {
                    let _ = File::open("box").unwrap();
                }
            });
            let _ = File::open("box").unwrap();
            reap(child);
        }
        // Each opens first what the other opens second.
        "fifo-crossed" => {
            make("requests");
            make("replies");
            let child = start(|| {
                let _replies = if near {
                    let _requests = File::open("requests").unwrap();
                    OpenOptions::new().write(true).open("replies").unwrap()
                } else {
                    OpenOptions::new().write(true).open("replies").unwrap()
                };
            });
            let _requests = OpenOptions::new().write(true).open("requests").unwrap();
            let _replies = File::open("replies").unwrap();
            reap(child);
        }
        // Who opens a FIFO for both never sees its end.
        "fifo-read" => {
            make("box");
            let mut both = OpenOptions::new()
                .read(true)
                .write(true)
                .open("box")
                .unwrap();
            let child = start(|| {
                if near {
                    thread::sleep(NAP);
                    let mut writer = OpenOptions::new().write(true).open("box").unwrap();
                    writer.write_all(b"!").unwrap();
                }
            });
            reap(child);
            both.read_exact(&mut [0]).unwrap();
        }
        other => panic!("{other}"),
    }
    println!("done");
}

fn make(name: &str) {
    let path = CString::new(name).unwrap();
    // SAFETY: the path ends with NUL.
    assert_eq!(unsafe { mkfifo(path.as_ptr(), 0o600) }, 0);
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
