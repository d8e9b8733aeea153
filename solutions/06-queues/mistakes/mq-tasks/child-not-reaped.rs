//! Mistake: the parent removes the queue and goes on without waiting for the worker.

use std::io;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_getattr, mq_open, mq_receive, mq_send, mq_unlink};
use nix::sys::stat::Mode;
use nix::unistd::{ForkResult, fork};
use queues::mq_tasks::{Plan, Worker, drive};

fn run_tasks(plan: &Plan, worker: &mut Worker) -> io::Result<()> {
    // Both limits belong to the queue and are given when it is made. With O_EXCL an old queue of this name, which
    // could have other limits and old messages, is an error.
    let limits = MqAttr::new(0, plan.capacity, plan.message_size, 0);
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR;
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    let queue = mq_open(plan.queue.as_str(), flags, mode, Some(&limits))?;
    let done = share_out(&queue, plan, worker);
    // Whatever came of it: nobody else removes the name, and the queue would stay until the next boot.
    mq_unlink(plan.queue.as_str())?;
    done
}

fn share_out(queue: &MqdT, plan: &Plan, worker: &mut Worker) -> io::Result<()> {
    // The worker is there before the first message is sent: a full queue makes the sender wait until somebody receives.
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            // An open queue is inherited like any descriptor, so the child needs no name.
            let code = i32::from(work(queue, plan, worker).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { .. } => {
            for task in &plan.tasks {
                mq_send(queue, task, 0)?;
            }
            // A message is a message, even without bytes: no task is empty, so this one can mean the end.
            mq_send(queue, b"", 0)?;
            // Waits until the worker has taken everything, and no longer.
            while mq_getattr(queue)?.curmsgs() > 0 {
                sleep(Duration::from_millis(1));
            }
            Ok(())
        }
    }
}

fn work(queue: &MqdT, plan: &Plan, worker: &mut Worker) -> io::Result<()> {
    // As large as the largest message that could come, not as the one that will: with less the call is refused.
    let size = usize::try_from(plan.message_size).map_err(io::Error::other)?;
    let mut message = vec![0; size];
    loop {
        let mut priority = 0;
        match mq_receive(queue, &mut message, &mut priority)? {
            0 => break,
            length => worker.perform(&message[..length]),
        }
    }
    worker.finish();
    Ok(())
}

fn main() -> ExitCode {
    drive(run_tasks)
}
