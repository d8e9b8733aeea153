//! Variant: each competitor binds itself, and sets its priority by what it was before.

use std::fs::File;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe};
use scheduling::nice_shares::{Contest, Share, drive};

fn compete(contest: Contest, steps: &[i32]) -> io::Result<Vec<Share>> {
    let (source, sink) = pipe()?;
    let mut children = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let sent = run(contest, number, *step, &mut File::from(sink));
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(i32::from(sent.is_err())) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    drop(sink); // or the read below would wait for an end of file that this process prevents
    let mut reports = Vec::new();
    File::from(source).read_to_end(&mut reports)?;
    for child in children {
        match waitpid(child, None)? {
            WaitStatus::Exited(_, 0) => {}
            status => return Err(io::Error::other(format!("a competitor failed: {status:?}"))),
        }
    }
    let share = |number: usize| {
        let of_number = |report: &&[u8; REPORT]| usize::from(report[0]) == number;
        let (reports, _) = reports.as_chunks::<REPORT>();
        let report = reports.iter().find(of_number);
        report
            .map(read_report)
            .ok_or(io::ErrorKind::UnexpectedEof.into())
    };
    (0..steps.len()).map(share).collect()
}

/// What a competitor does.
fn run(contest: Contest, number: usize, step: i32, sink: &mut File) -> io::Result<()> {
    bind_to_one_cpu()?;
    // A refusal is an answer, and no reason to stay away.
    // SAFETY: no pointers.
    let now = unsafe { nix::libc::getpriority(nix::libc::PRIO_PROCESS, 0) };
    // SAFETY: the same.
    let refused = unsafe { nix::libc::setpriority(nix::libc::PRIO_PROCESS, 0, now + step) } < 0;
    let nice = if refused { 0 } else { step };
    let cpu = contest.work(number);
    let mut report = [0; REPORT];
    report[0] = u8::try_from(number).map_err(io::Error::other)?;
    report[1..5].copy_from_slice(&nice.to_ne_bytes());
    let nanos = u64::try_from(cpu.as_nanos()).map_err(io::Error::other)?;
    report[5..].copy_from_slice(&nanos.to_ne_bytes());
    // One write of fewer than PIPE_BUF bytes: reports of several competitors do not mix.
    sink.write_all(&report)
}

/// Number, nice value, nanoseconds.
const REPORT: usize = 1 + 4 + 8;

fn read_report(report: &[u8; REPORT]) -> Share {
    let (mut nice, mut nanos) = ([0; 4], [0; 8]);
    nice.copy_from_slice(&report[1..5]);
    nanos.copy_from_slice(&report[5..]);
    Share {
        nice: i32::from_ne_bytes(nice),
        cpu: Duration::from_nanos(u64::from_ne_bytes(nanos)),
    }
}

/// Binds this process to the first CPU on which it may run. That need not be CPU 0: containers get some of the CPUs.
fn bind_to_one_cpu() -> nix::Result<()> {
    let myself = Pid::from_raw(0);
    let allowed = sched_getaffinity(myself)?;
    let mut one = CpuSet::new();
    for cpu in 0..CpuSet::count() {
        if allowed.is_set(cpu)? {
            one.set(cpu)?;
            break;
        }
    }
    sched_setaffinity(myself, &one)
}

fn main() -> ExitCode {
    drive(compete)
}
