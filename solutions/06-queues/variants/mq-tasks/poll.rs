//! Variant: a queue's descriptor is one like any other on Linux: the worker waits in `poll`, and then takes what is there without
//! waiting.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_open, mq_receive, mq_send, mq_unlink};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, fork};
use queues::mq_tasks::{Plan, Worker, drive};

fn run_tasks(plan: &Plan, worker: &mut Worker) -> io::Result<()> {
    let name = plan.queue.as_str();
    let limits = MqAttr::new(0, plan.capacity, plan.message_size, 0);
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_WRONLY;
    let sink = mq_open(name, flags, Mode::from_bits_truncate(0o600), Some(&limits))?;
    // Another opening of the same queue, with flags of its own.
    let source = mq_open(name, MQ_OFlag::O_RDONLY | MQ_OFlag::O_NONBLOCK, Mode::empty(), None);
    mq_unlink(name)?;
    let source = source?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = i32::from(work(&source, plan, worker).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            for task in &plan.tasks {
                mq_send(&sink, task, 0)?;
            }
            mq_send(&sink, &[], 0)?;
            match waitid(Id::Pid(child), WaitPidFlag::WEXITED)? {
                WaitStatus::Exited(_, 0) => Ok(()),
                status => Err(io::Error::other(format!("{status:?}"))),
            }
        }
    }
}

fn work(source: &MqdT, plan: &Plan, worker: &mut Worker) -> io::Result<()> {
    // SAFETY: the queue is open for as long as it is borrowed.
    let descriptor = unsafe { BorrowedFd::borrow_raw(source.as_raw_fd()) };
    let mut message = vec![0; plan.message_size as usize];
    loop {
        poll(&mut [PollFd::new(descriptor, PollFlags::POLLIN)], PollTimeout::NONE)?;
        match mq_receive(source, &mut message, &mut 0) {
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
            Ok(0) => break,
            Ok(length) => worker.perform(&message[..length]),
        }
    }
    worker.finish();
    Ok(())
}

fn main() -> ExitCode {
    drive(run_tasks)
}
