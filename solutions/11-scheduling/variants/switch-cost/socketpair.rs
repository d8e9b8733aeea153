//! Variant: a pair of sockets in place of two pipes; the calls are measured first, and the child ends by the end of file.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};
use scheduling::switch_cost::{Figures, Rally, drive};

fn measure(rally: Rally) -> io::Result<Figures> {
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    let cpu = (0..CpuSet::count()).find(|cpu| allowed.is_set(*cpu).unwrap_or(false));
    let mut one = CpuSet::new();
    one.set(cpu.unwrap_or(0))?;
    sched_setaffinity(Pid::from_raw(0), &one)?;

    let pairs = 300;
    let (mut sink, mut source) = UnixStream::pair()?;
    let begin = rally.now();
    for _ in 0..pairs {
        sink.write_all(b"o")?;
        source.read_exact(&mut [0])?;
    }
    let pairs_took = rally.now() - begin;

    let (mut here, mut there) = UnixStream::pair()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            drop(here);
            while there.read_exact(&mut [0]).is_ok() {
                rally.stroke();
                if there.write_all(b"o").is_err() {
                    break;
                }
            }
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(0) }
        }
        ForkResult::Parent { child } => child,
    };
    drop(there);
    let mut begin = rally.now();
    for round in 0..=rally.rounds() {
        if round == 1 {
            begin = rally.now();
        }
        rally.stroke();
        here.write_all(b"o")?;
        here.read_exact(&mut [0])?;
    }
    let rounds_took = rally.now() - begin;
    drop(here);
    waitpid(child, None)?;
    let switch = (rounds_took / rally.rounds() / 2).saturating_sub(pairs_took / pairs);
    Ok(Figures {
        rounds_took,
        pairs,
        pairs_took,
        switch,
    })
}

fn main() -> ExitCode {
    drive(measure)
}
