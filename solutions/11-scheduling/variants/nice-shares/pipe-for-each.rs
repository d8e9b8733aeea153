//! Variant: a pipe for each competitor, and lines of text; the results are read in the order of the steps.

use std::io::{self, BufRead, BufReader, PipeReader, Write};
use std::process::ExitCode;
use std::time::Duration;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};
use rustix::process::nice;
use scheduling::nice_shares::{Contest, Share, drive};

fn compete(contest: Contest, steps: &[i32]) -> io::Result<Vec<Share>> {
    let mut children = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let (source, mut sink) = io::pipe()?;
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let is_sent = bind().is_ok() && {
                    let nice = nice(*step).map_or(0, |_| *step);
                    let cpu = contest.work(number).as_nanos();
                    writeln!(sink, "{nice} {cpu}").is_ok()
                };
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(i32::from(!is_sent)) }
            }
            ForkResult::Parent { child } => children.push((child, source)),
        }
    }
    let collect = |(child, source): (Pid, PipeReader)| {
        let mut line = String::new();
        BufReader::new(source).read_line(&mut line)?;
        waitpid(child, None)?;
        let mut words = line.split_whitespace();
        let mut word = || words.next().ok_or(io::ErrorKind::UnexpectedEof);
        Ok(Share {
            nice: word()?.parse().map_err(io::Error::other)?,
            cpu: Duration::from_nanos(word()?.parse().map_err(io::Error::other)?),
        })
    };
    children.into_iter().map(collect).collect()
}

fn bind() -> nix::Result<()> {
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    let cpu = (0..CpuSet::count()).find(|cpu| allowed.is_set(*cpu).unwrap_or(false));
    let mut one = CpuSet::new();
    one.set(cpu.unwrap_or(0))?;
    sched_setaffinity(Pid::from_raw(0), &one)
}

fn main() -> ExitCode {
    drive(compete)
}
