//! Makes calls by the numbers of 32-bit programs.

use demo::gained;

fn main() {
    let result: i64;
    // SAFETY: the call with number 20 (getpid) touches no memory.
    unsafe { std::arch::asm!("int 0x80", inlateout("rax") 20_i64 => result) };
    gained(result > 0);
}
