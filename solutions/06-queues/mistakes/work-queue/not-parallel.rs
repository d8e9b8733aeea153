//! Mistake: the consumers are started when the producers have ended. As long as the items fit into the pipe, that goes well.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use queues::work_queue::{Item, Outcome, Plan, RECORD_SIZE, drive};

fn run_queue(plan: &Plan) -> io::Result<Vec<Outcome>> {
    let (item_source, item_sink) = io::pipe()?;
    let (outcome_source, outcome_sink) = io::pipe()?;
    let mut children: Vec<Pid> = Vec::new();
    for number in 0..plan.producers + plan.consumers {
        if number == plan.producers {
            for child in children.drain(..) {
                waitpid(child, None)?;
            }
        }
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop(outcome_source);
                let worked = if number < plan.producers {
                    drop((item_source, outcome_sink));
                    produce(plan, number, item_sink)
                } else {
                    // Or the consumers would wait for an end of file that they prevent themselves.
                    drop(item_sink);
                    consume(item_source, outcome_sink)
                };
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(i32::from(worked.is_err())) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    drop((item_source, item_sink, outcome_sink));
    let mut records = Vec::new();
    File::from(OwnedFd::from(outcome_source)).read_to_end(&mut records)?;
    for child in children {
        if !matches!(waitpid(child, None)?, WaitStatus::Exited(_, 0)) {
            return Err(io::Error::other("a process failed"));
        }
    }
    records
        .chunks(RECORD_SIZE)
        .map(Outcome::from_bytes)
        .collect()
}

fn produce(plan: &Plan, producer: usize, mut sink: PipeWriter) -> io::Result<()> {
    plan.items(producer)
        .try_for_each(|item| sink.write_all(&item.to_bytes()))
}

fn consume(mut source: PipeReader, mut sink: PipeWriter) -> io::Result<()> {
    let mut record = [0; RECORD_SIZE];
    // All records are written whole, so what is in the pipe is a whole number of them, and a read gets one.
    while source.read(&mut record)? == RECORD_SIZE {
        let outcome = Item::from_bytes(&record)?.process();
        sink.write_all(&outcome.to_bytes())?;
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(run_queue)
}
