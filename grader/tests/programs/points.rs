//! Comes to points at which the recorder can do something, and says what it saw there.

use std::io::{Read as _, Write as _, pipe};
use std::process::exit;
use std::thread::sleep;
use std::time::{Duration, Instant};

unsafe extern "C" {
    fn fork() -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
    fn write(descriptor: i32, bytes: *const u8, count: usize) -> isize;
    fn read(descriptor: i32, bytes: *mut u8, count: usize) -> isize;
}

fn main() {
    match std::env::args().nth(1).unwrap().as_str() {
        // How much a single write and a single read move.
        "moves" => {
            let (reader, writer) = pipe().unwrap();
            use std::os::fd::AsRawFd as _;
            // SAFETY: the array has as many bytes as are written.
            let written = unsafe { write(writer.as_raw_fd(), b"12345".as_ptr(), 5) };
            let mut bytes = [0; 5];
            // SAFETY: the array has room for as many bytes as are read.
            let got = unsafe { read(reader.as_raw_fd(), bytes.as_mut_ptr(), 5) };
            println!("written {written}, read {got}, errno {:?}", std::io::Error::last_os_error().raw_os_error());
        }
        // How long a sleep takes.
        "sleeps" => {
            let start = Instant::now();
            sleep(Duration::from_secs(20));
            println!("{}", if start.elapsed() < Duration::from_secs(10) { "at once" } else { "long" });
        }
        // How a child ends that writes three times.
        "child" => {
            let (mut reader, writer) = pipe().unwrap();
            // SAFETY: one thread, so the child may do what it likes.
            let child = unsafe { fork() };
            if child == 0 {
                for byte in [b"a", b"b", b"c"] {
                    (&writer).write_all(byte).unwrap();
                }
                exit(0);
            }
            drop(writer);
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            let mut status = 0;
            // SAFETY: the status has its place.
            unsafe { waitpid(child, &raw mut status, 0) };
            println!("{text}, status {status}");
        }
        // Whether a fork succeeds.
        "forks" => {
            // SAFETY: one thread, so the child may do what it likes.
            let child = unsafe { fork() };
            if child == 0 {
                exit(0);
            }
            println!("{}", if child < 0 { "refused" } else { "forked" });
            // SAFETY: nobody wants the status.
            unsafe { waitpid(child, std::ptr::null_mut(), 0) };
        }
        other => panic!("{other}"),
    }
}
