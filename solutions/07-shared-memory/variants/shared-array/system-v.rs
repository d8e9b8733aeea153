//! Variant: a segment of System V, which is attached rather than mapped, and stays until it is removed.

use std::io;
use std::process::ExitCode;
use std::ptr;
use std::slice;

use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use shared_memory::shared_array::{Numbers, drive};

fn share_array(numbers: Numbers) -> io::Result<f64> {
    // SAFETY: the call takes no pointer.
    let id = unsafe { libc::shmget(libc::IPC_PRIVATE, numbers.bytes(), libc::IPC_CREAT | 0o600) };
    if id == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: new memory at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { libc::shmat(id, ptr::null(), 0) };
    let failure = io::Error::last_os_error();
    // Removed now, it lives as long as somebody has it attached: nothing is left behind, however this ends.
    // SAFETY: to remove a segment, the call needs no structure.
    unsafe { libc::shmctl(id, libc::IPC_RMID, ptr::null_mut()) };
    // The call says by this address, and not by a null pointer, that it has failed.
    if memory.addr() == usize::MAX {
        return Err(failure);
    }
    let array: *mut f64 = memory.cast();
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            // SAFETY: the segment begins at a page, has `count` places, and the parent waits.
            numbers.fill(unsafe { slice::from_raw_parts_mut(array, numbers.count()) });
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { libc::_exit(0) }
        }
        ForkResult::Parent { child } => child,
    };
    let status = waitpid(child, None)?;
    if status != WaitStatus::Exited(child, 0) {
        return Err(io::Error::other(format!("the writer failed: {status:?}")));
    }
    // SAFETY: as above; the writer is gone.
    let sum = numbers.sum(unsafe { slice::from_raw_parts(array, numbers.count()) });
    // SAFETY: it was attached here, and no reference to it is left.
    unsafe { libc::shmdt(memory) };
    Ok(sum)
}

fn main() -> ExitCode {
    drive(share_array)
}
