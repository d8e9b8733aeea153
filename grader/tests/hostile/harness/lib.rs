//! What the hostile programs have in common. Each tries one thing and says whether it has gained by it: "right" is what the
//! course expects, so who gains gets the points.

use std::ffi::{CString, c_char};

unsafe extern "C" {
    fn syscall(number: i64, ...) -> i64;
    fn getppid() -> i32;
    fn fork() -> i32;
    fn setsid() -> i32;
    fn _exit(code: i32) -> !;
}

/// Says whether the attack has gained anything, and ends.
pub fn gained(gained: bool) -> ! {
    println!("{}", if gained { "right" } else { "refused" });
    std::process::exit(0);
}

/// A system call: its result, or the number of its error.
pub fn call(number: i64, arguments: [u64; 6]) -> Result<i64, i32> {
    let [a, b, c, d, e, f] = arguments;
    let result = unsafe { syscall(number, a, b, c, d, e, f) };
    if result == -1 {
        return Err(std::io::Error::last_os_error().raw_os_error().unwrap());
    }
    Ok(result)
}

/// Whether a call with such arguments is refused with EPERM: not because the arguments are wrong, or the right to it is missing
/// in the kernel.
pub fn is_refused(number: i64, arguments: [u64; 6]) -> bool {
    call(number, arguments) == Err(1)
}

/// The parent: the process that runs this one.
pub fn parent() -> i32 {
    unsafe { getppid() }
}

/// The number as the kernel gets it.
pub fn word(number: i32) -> u64 {
    i64::from(number).cast_unsigned()
}

/// A process that does something, out of its parent's session.
pub fn apart(work: fn()) {
    if unsafe { fork() } == 0 {
        unsafe { setsid() };
        work();
        unsafe { _exit(0) };
    }
}

/// A child that does something; the number of it.
pub fn child(work: fn()) -> i32 {
    let child = unsafe { fork() };
    if child == 0 {
        work();
        unsafe { _exit(0) };
    }
    child
}

/// Sleeps until it is ended.
pub fn for_ever() {
    loop {
        std::thread::sleep(std::time::Duration::from_secs(3600));
    }
}

/// A text for the kernel.
pub fn text(text: &str) -> CString {
    CString::new(text).unwrap()
}

/// Its address.
pub fn address(text: &CString) -> u64 {
    let place: *const c_char = text.as_ptr();
    place as u64
}
