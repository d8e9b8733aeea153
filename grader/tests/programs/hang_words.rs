//! Hangs on words of memory, and on message queues and semaphores, each in one way; with `near` as a second argument it only looks so,
//! and ends.

use std::ffi::CString;
use std::process::exit;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

/// Longer than it takes to see two looks at which nobody moved.
const NAP: Duration = Duration::from_millis(300);

const SYS_FUTEX: i64 = if cfg!(target_arch = "x86_64") {
    202
} else {
    98
};
const WAIT: i32 = 0;
const WAKE: i32 = 1;
const PRIVATE: i32 = 128;

/// The word says that somebody waits for its owner, whose id is below.
const WAITERS: u32 = 0x8000_0000;

const O_CREAT: i32 = 0o100;
const O_RDWR: i32 = 2;

/// `struct mq_attr`: flags, most messages, longest message.
type Attributes = [i64; 8];

unsafe extern "C" {
    fn fork() -> i32;
    fn mmap(at: *mut u8, length: usize, access: i32, flags: i32, fd: i32, from: i64) -> *mut u8;
    fn mq_open(name: *const i8, flags: i32, mode: u32, attributes: *const Attributes) -> i32;
    fn mq_receive(queue: i32, text: *mut u8, length: usize, priority: *mut u32) -> isize;
    fn mq_send(queue: i32, text: *const u8, length: usize, priority: u32) -> i32;
    fn mq_unlink(name: *const i8) -> i32;
    fn msgctl(queue: i32, what: i32, data: *mut u8) -> i32;
    fn msgget(key: i32, flags: i32) -> i32;
    fn msgrcv(queue: i32, message: *mut [i64; 2], length: usize, kind: i64, flags: i32) -> isize;
    fn msgsnd(queue: i32, message: *const [i64; 2], length: usize, flags: i32) -> i32;
    fn syscall(number: i64, ...) -> i64;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let near = args.get(1).is_some_and(|it| it == "near");
    let what = args[0].as_str();
    match what {
        "shared" => {
            let word = shared_word();
            let child = start(|| {
                if near {
                    thread::sleep(NAP);
                    word.store(1, Ordering::SeqCst);
                    wake(word);
                } else {
                    sleep_while(word, 0, WAIT);
                }
            });
            sleep_while(word, 0, WAIT);
            reap(child);
        }
        // The change comes while the other one sleeps, and nobody is woken; or nobody can be.
        "not-woken" | "private" => {
            let word = shared_word();
            let private = what == "private" && !near;
            let operation = if private { WAIT | PRIVATE } else { WAIT };
            let sleeper = start(|| sleep_while(word, 0, operation));
            let changer = start(|| {
                until_asleep(sleeper);
                thread::sleep(NAP);
                word.store(7, Ordering::SeqCst);
                if what == "private" || near {
                    wake(word);
                }
            });
            reap(changer);
            reap(sleeper);
        }
        // The word names a process that has ended.
        "owner-dead" => {
            let word = shared_word();
            let child = start(|| {
                word.store(WAITERS | std::process::id(), Ordering::SeqCst);
            });
            reap(child);
            if near {
                word.store(WAITERS, Ordering::SeqCst);
            }
            let seen = word.load(Ordering::SeqCst);
            if near {
                assert_eq!(seen, WAITERS);
            } else {
                sleep_while(word, seen, WAIT);
            }
        }
        "mutexes" => lock_both(near),
        "receive" => {
            let queue = queue();
            let child = start(|| {
                if near {
                    thread::sleep(NAP);
                    send(queue);
                } else {
                    receive(queue);
                }
            });
            receive(queue);
            reap(child);
        }
        "send" => {
            let queue = queue();
            let child = start(|| {
                if near {
                    thread::sleep(NAP);
                    receive(queue);
                }
            });
            send(queue);
            send(queue);
            reap(child);
        }
        // What the last argument is the key of stays until somebody removes it.
        "system-v" => {
            let queue = system_v_queue();
            let child = start(|| {
                if near {
                    thread::sleep(NAP);
                    // SAFETY: a message is its kind, then the text.
                    unsafe { msgsnd(queue, &[1, 0], 8, 0) };
                }
            });
            // SAFETY: there is room for the kind and eight bytes.
            unsafe { msgrcv(queue, &mut [0, 0], 8, 0, 0) };
            reap(child);
        }
        "remove-system-v" => {
            // SAFETY: to remove it needs no data.
            unsafe { msgctl(system_v_queue(), 0, null_mut()) };
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
        if in_order {
            thread::sleep(NAP);
        } else {
            both.wait();
        }
        let _second = second.lock().unwrap();
    });
}

/// A word in the middle of memory that children share.
fn shared_word() -> &'static AtomicU32 {
    // SAFETY: new memory, which nobody unmaps: readable and writable, shared, anonymous.
    unsafe {
        let memory = mmap(null_mut(), 4096, 3, 0x21, -1, 0);
        &*memory.add(64).cast::<AtomicU32>()
    }
}

fn sleep_while(word: &AtomicU32, value: u32, operation: i32) {
    while word.load(Ordering::SeqCst) == value {
        // SAFETY: the word lives on; there is no timeout.
        unsafe { syscall(SYS_FUTEX, word.as_ptr(), operation, value, null::<u8>()) };
    }
}

fn wake(word: &AtomicU32) {
    // SAFETY: the word lives on.
    unsafe { syscall(SYS_FUTEX, word.as_ptr(), WAKE, i32::MAX) };
}

/// A queue with room for one message, by the name that is the last argument. The name is removed, so that nothing is left.
fn queue() -> i32 {
    let name = CString::new(std::env::args().next_back().unwrap()).unwrap();
    let attributes: Attributes = [0, 1, 8, 0, 0, 0, 0, 0];
    // SAFETY: the name ends with NUL, and the attributes are as the call wants them.
    let queue = unsafe { mq_open(name.as_ptr(), O_CREAT | O_RDWR, 0o600, &attributes) };
    assert!(queue >= 0);
    // SAFETY: the name ends with NUL.
    unsafe { mq_unlink(name.as_ptr()) };
    queue
}

fn system_v_queue() -> i32 {
    let key = std::env::args().next_back().unwrap().parse().unwrap();
    // SAFETY: IPC_CREAT, and permissions.
    unsafe { msgget(key, 0o1600) }
}

fn send(queue: i32) {
    // SAFETY: one byte.
    assert_eq!(unsafe { mq_send(queue, b"!".as_ptr(), 1, 0) }, 0);
}

fn receive(queue: i32) {
    let mut text = [0; 8];
    // SAFETY: there is room for the longest message.
    let count = unsafe { mq_receive(queue, text.as_mut_ptr(), text.len(), null_mut()) };
    assert_eq!(count, 1);
}

/// Waits until a process sleeps: it does so in one place only.
fn until_asleep(pid: i32) {
    let is_asleep = |stat: String| stat.rsplit_once(')').unwrap().1.starts_with(" S");
    while !is_asleep(std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap()) {
        thread::sleep(Duration::from_millis(5));
    }
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
