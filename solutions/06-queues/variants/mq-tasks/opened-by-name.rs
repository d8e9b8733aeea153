//! Variant: the worker opens the queue by its name, for reading only, and asks the queue how large its messages can be; the
//! name goes as soon as both have it open, which a pipe tells.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use nix::mqueue::{
    MQ_OFlag, MqAttr, MqdT, mq_close, mq_getattr, mq_open, mq_receive, mq_send, mq_unlink,
};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use queues::mq_tasks::{Plan, Worker, drive};

fn run_tasks(plan: &Plan, worker: &mut Worker) -> io::Result<()> {
    let name = plan.queue.as_str();
    let limits = MqAttr::new(0, plan.capacity, plan.message_size, 0);
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_WRONLY;
    let queue = mq_open(name, flags, Mode::from_bits_truncate(0o600), Some(&limits))?;
    let (mut opened, mut has_opened) = io::pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            drop(opened);
            let worked = mq_open(name, MQ_OFlag::O_RDONLY, Mode::empty(), None)
                .map_err(io::Error::from)
                .and_then(|queue| {
                    has_opened.write_all(b"x")?;
                    work(&queue, worker)
                });
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(i32::from(worked.is_err())) }
        }
        ForkResult::Parent { child } => child,
    };
    drop(has_opened);
    let is_open = opened.read_exact(&mut [0]);
    mq_unlink(name)?;
    is_open?;
    for task in &plan.tasks {
        mq_send(&queue, task, 0)?;
    }
    mq_send(&queue, &[], 0)?;
    mq_close(queue)?;
    match waitpid(child, None)? {
        WaitStatus::Exited(_, 0) => Ok(()),
        status => Err(io::Error::other(format!("{status:?}"))),
    }
}

fn work(queue: &MqdT, worker: &mut Worker) -> io::Result<()> {
    let size = usize::try_from(mq_getattr(queue)?.msgsize()).map_err(io::Error::other)?;
    let mut message = vec![0; size];
    loop {
        let length = mq_receive(queue, &mut message, &mut 0)?;
        if length == 0 {
            worker.finish();
            return Ok(());
        }
        worker.perform(&message[..length]);
    }
}

fn main() -> ExitCode {
    drive(run_tasks)
}
