//! Uses the processor: for ever, deaf to what the kernel says about it, in a child, or for a while.

use std::hint::spin_loop;

const SIGXCPU: i32 = 24;
const SIG_IGN: usize = 1;
const CLOCKS_PER_SEC: i64 = 1_000_000;

unsafe extern "C" {
    fn clock() -> i64;
    fn fork() -> i32;
    fn signal(number: i32, action: usize) -> usize;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}

fn main() {
    match std::env::args().nth(1).unwrap().as_str() {
        "for-ever" => spin(),
        "deaf" => {
            // SAFETY: ignoring a signal runs no code.
            unsafe { signal(SIGXCPU, SIG_IGN) };
            spin();
        }
        // The limit is each process's own: the child exceeds it, and the parent can tell.
        "in-child" => {
            // SAFETY: one thread, so the child may do what it likes.
            let child = unsafe { fork() };
            if child == 0 {
                spin();
            }
            let mut status = 0;
            // SAFETY: `status` is a valid place for an int.
            unsafe { waitpid(child, &raw mut status, 0) };
            println!("signal {}", status & 0x7f);
        }
        "for-a-while" => {
            // SAFETY: `clock` only reads.
            while unsafe { clock() } < CLOCKS_PER_SEC * 3 / 10 {
                spin_loop();
            }
            println!("done");
        }
        other => panic!("{other}"),
    }
}

fn spin() -> ! {
    loop {
        spin_loop();
    }
}
