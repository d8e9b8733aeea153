//! Variant: the C way, done right. Bare numbers, closed by hand on every path out, and `waitid`.

use std::ffi::CString;
use std::io;
use std::os::fd::{BorrowedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::libc;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, close, fork};
use start::owned_descriptors::{drive, transfer};

fn copy_in_child(source: &Path, target: &Path) -> io::Result<WaitStatus> {
    let source = open(source, libc::O_RDONLY)?;
    let target = match open(target, libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC) {
        Ok(target) => target,
        Err(error) => {
            close(source)?;
            return Err(error);
        }
    };
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let result = match unsafe { fork() } {
        Ok(ForkResult::Child) => {
            // SAFETY: both descriptors are open, and nothing closes them before this process ends.
            let (from, to) = unsafe {
                (
                    BorrowedFd::borrow_raw(source),
                    BorrowedFd::borrow_raw(target),
                )
            };
            let code = i32::from(transfer(from, to).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { libc::_exit(code) }
        }
        Ok(ForkResult::Parent { child }) => waitid(Id::Pid(child), WaitPidFlag::WEXITED),
        Err(error) => Err(error),
    };
    close(source)?;
    close(target)?;
    Ok(result?)
}

fn open(path: &Path, flags: i32) -> io::Result<RawFd> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the path is a C string that outlives the call; the mode is read if a file is created.
    let descriptor = unsafe { libc::open(path.as_ptr(), flags | libc::O_CLOEXEC, 0o644) };
    Ok(Errno::result(descriptor)?)
}

fn main() -> ExitCode {
    drive(copy_in_child)
}
