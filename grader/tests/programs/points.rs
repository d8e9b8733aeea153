//! Comes to points at which the recorder can do something, and says what it saw there.

use std::io::{Read as _, Write as _, pipe};
use std::process::exit;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

const PROT_READ_WRITE: i32 = 3;
const MAP_SHARED_ANONYMOUS: i32 = 0x21;
const CLOCK_PROCESS_CPUTIME_ID: i32 = 2;

/// The event is in the lower half of the second word.
const POLLIN: i32 = 1;

/// A time in memory that nobody may write to.
static CONSTANT: [i64; 2] = [20, 0];

unsafe extern "C" {
    fn clock_gettime(clock: i32, time: *mut [i64; 2]) -> i32;
    fn mmap(at: *mut u8, bytes: usize, prot: i32, flags: i32, fd: i32, from: i64) -> *mut u8;
    fn poll(polled: *mut i32, count: u64, timeout: i32) -> i32;
    fn ppoll(polled: *mut i32, count: u64, timeout: *const [i64; 2], mask: *const u64) -> i32;
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
        // How long calls wait that have a timeout, what they find when a byte is there, and whether the time is put back.
        "timeouts" => {
            use std::os::fd::AsRawFd as _;
            let (mut own, other) = std::os::unix::net::UnixStream::pair().unwrap();
            let start = Instant::now();
            let mut found = Vec::new();
            let mut polled = [own.as_raw_fd(), POLLIN];
            let mut time = [20, 0];
            for round in 0..2 {
                // SAFETY: the array has the size of one descriptor to be polled, and the time that of two words.
                unsafe {
                    found.push(poll(polled.as_mut_ptr(), 1, 20_000));
                    found.push(ppoll(polled.as_mut_ptr(), 1, &raw const time, std::ptr::null()));
                    found.push(ppoll(polled.as_mut_ptr(), 1, &raw const CONSTANT, std::ptr::null()));
                }
                time[0] += 1;
                if round == 0 {
                    (&other).write_all(b"x").unwrap();
                }
            }
            own.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            own.read_exact(&mut [0]).unwrap();
            let is_cut = own.read(&mut [0]).is_err();
            let long = if start.elapsed() < Duration::from_secs(10) { "at once" } else { "long" };
            println!("{long}, found {found:?}, cut {is_cut}, time {time:?} {CONSTANT:?}");
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
        // What each of four children, one after the other, says.
        "children" => {
            let texts = [(); 4].map(|()| {
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
                format!("[{text}]")
            });
            println!("{}", texts.join(" "));
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
        // A child writes a byte and then raises a flag. Who waits for it looks at the flag all the time ...
        "spins" => wait_for_child(None),
        // ... or for some milliseconds, and then sleeps until the byte comes.
        "spins-then-sleeps" => wait_for_child(Some(5)),
        other => panic!("{other}"),
    }
}

/// Waits for a child, looking at memory that it shares: for so many milliseconds of CPU time, or until it is done.
fn wait_for_child(spin_ms: Option<i64>) {
    let (mut reader, writer) = pipe().unwrap();
    // SAFETY: a new mapping, of which the first bytes are used as an atomic word.
    let flag = unsafe {
        let place = mmap(std::ptr::null_mut(), 4096, PROT_READ_WRITE, MAP_SHARED_ANONYMOUS, -1, 0);
        &*place.cast::<AtomicU32>()
    };
    // SAFETY: one thread, so the child may do what it likes.
    let child = unsafe { fork() };
    if child == 0 {
        (&writer).write_all(b"x").unwrap();
        flag.store(1, Ordering::Release);
        exit(0);
    }
    let begin = cpu_ms();
    while flag.load(Ordering::Acquire) == 0 {
        if spin_ms.is_some_and(|most| cpu_ms() - begin >= most) {
            reader.read_exact(&mut [0]).unwrap();
            break;
        }
    }
    // SAFETY: nobody wants the status.
    unsafe { waitpid(child, std::ptr::null_mut(), 0) };
    println!("done");
}

fn cpu_ms() -> i64 {
    let mut time = [0; 2];
    // SAFETY: the structure is two words.
    unsafe { clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    time[0] * 1000 + time[1] / 1_000_000
}
