//! Variant: the child counts its steps in memory that both share, and the parent works the value out itself. It looks at the count from
//! time to time.

use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use termination::terminate::{Factorial, Step, Stopped, drive};

fn terminate(factorial: &mut Factorial, steps: u32) -> io::Result<Stopped> {
    let size = NonZeroUsize::new(size_of::<AtomicU32>()).unwrap_or(NonZeroUsize::MIN);
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, size, access, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping is page-aligned, filled with zeros, as large as an atomic, and never unmapped.
    let count: &AtomicU32 = unsafe { memory.cast().as_ref() };
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let child = match unsafe { fork() }? {
        ForkResult::Child => loop {
            count.store(factorial.step().number, Ordering::Release);
        },
        ForkResult::Parent { child } => child,
    };
    while count.load(Ordering::Acquire) < steps {
        std::thread::sleep(Duration::from_millis(1));
    }
    kill(child, Signal::SIGTERM)?;
    let code = match waitpid(child, None)? {
        WaitStatus::Exited(_, code) => code,
        WaitStatus::Signaled(_, signal, _) => -(signal as i32),
        other => return Err(io::Error::other(format!("unexpected {other:?}"))),
    };
    let number = count.load(Ordering::Acquire);
    let value = (1..=number).map(num_bigint::BigUint::from).product();
    Ok(Stopped {
        code,
        last: Some(Step { number, value }),
    })
}

fn main() -> ExitCode {
    drive(terminate)
}
