//! Mistake: there is a queue, but the worker does the tasks that it has in its copy of the parent's memory.

use std::io;
use std::process::ExitCode;

use nix::mqueue::{MQ_OFlag, MqAttr, mq_close, mq_open, mq_unlink};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use queues::mq_tasks::{Plan, Worker, drive};

fn run_tasks(plan: &Plan, worker: &mut Worker) -> io::Result<()> {
    // Both limits belong to the queue and are given when it is made. With O_EXCL an old queue of this name, which
    // could have other limits and old messages, is an error.
    let limits = MqAttr::new(0, plan.capacity, plan.message_size, 0);
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR;
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    let queue = mq_open(plan.queue.as_str(), flags, mode, Some(&limits))?;
    let done = share_out(plan, worker);
    mq_close(queue)?;
    // Whatever came of it: nobody else removes the name, and the queue would stay until the next boot.
    mq_unlink(plan.queue.as_str())?;
    done
}

fn share_out(plan: &Plan, worker: &mut Worker) -> io::Result<()> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = i32::from(work(plan, worker).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            match waitpid(child, None)? {
                WaitStatus::Exited(_, 0) => Ok(()),
                status => Err(io::Error::other(format!("the worker failed: {status:?}"))),
            }
        }
    }
}

fn work(plan: &Plan, worker: &mut Worker) -> io::Result<()> {
    for task in &plan.tasks {
        worker.perform(task);
    }
    worker.finish();
    Ok(())
}

fn main() -> ExitCode {
    drive(run_tasks)
}
