//! Mistake: a consumer polls the queue, and leaves when no item has come for a while.

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::mqueue::{
    MQ_OFlag, MqAttr, MqdT, mq_attr_member_t, mq_open, mq_receive, mq_send, mq_unlink,
};
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use queues::work_queue::{Item, Outcome, Plan, QUEUE_CAPACITY, RECORD_SIZE, drive};

fn run_queue(plan: &Plan) -> io::Result<Vec<Outcome>> {
    let items = make_queue(&plan.item_queue)?;
    // Who polls must not fall asleep when another consumer was faster.
    let polled_items = mq_open(
        plan.item_queue.as_str(),
        MQ_OFlag::O_RDONLY | MQ_OFlag::O_NONBLOCK,
        Mode::empty(),
        None,
    )?;
    let outcomes = make_queue(&plan.outcome_queue)?;
    // Everybody inherits both queues, so nobody needs the names any more, and no error can leave them behind.
    mq_unlink(plan.item_queue.as_str())?;
    mq_unlink(plan.outcome_queue.as_str())?;
    let mut children = Vec::new();
    for _ in 0..plan.consumers {
        children.push(start(|| consume(&polled_items, &outcomes))?);
    }
    for producer in 0..plan.producers {
        children.push(start(|| produce(plan, producer, &items))?);
    }
    // Collect first, reap afterwards: while the queue of outcomes is full, no consumer can end.
    let collected = collect(plan, &outcomes);
    for child in children {
        reap(child)?;
    }
    collected
}

fn make_queue(name: &str) -> nix::Result<MqdT> {
    let limits = MqAttr::new(0, QUEUE_CAPACITY, RECORD_SIZE as mq_attr_member_t, 0);
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR;
    mq_open(name, flags, Mode::S_IRUSR | Mode::S_IWUSR, Some(&limits))
}

fn produce(plan: &Plan, producer: usize, items: &MqdT) -> io::Result<()> {
    for item in plan.items(producer) {
        mq_send(items, &item.to_bytes(), 0)?;
    }
    Ok(())
}

fn consume(items: &MqdT, outcomes: &MqdT) -> io::Result<()> {
    while let Some(item) = next_item(items)? {
        mq_send(outcomes, &item.process().to_bytes(), 0)?;
    }
    mq_send(outcomes, &Outcome::end().to_bytes(), 0)?;
    Ok(())
}

/// The next item; `None` when there is none for a second.
fn next_item(items: &MqdT) -> io::Result<Option<Item>> {
    loop {
        // SAFETY: the queue stays open for as long as it is polled.
        let descriptor = unsafe { BorrowedFd::borrow_raw(items.as_raw_fd()) };
        let mut polled = [PollFd::new(descriptor, PollFlags::POLLIN)];
        if poll(&mut polled, 1000_u16)? == 0 {
            return Ok(None);
        }
        let mut record = [0; RECORD_SIZE];
        match mq_receive(items, &mut record, &mut 0) {
            Ok(_) => return Item::from_bytes(&record).map(Some),
            // Another consumer was faster.
            Err(Errno::EAGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn collect(plan: &Plan, outcomes: &MqdT) -> io::Result<Vec<Outcome>> {
    let mut collected = Vec::new();
    let mut consumers_left = plan.consumers;
    while consumers_left > 0 {
        let outcome = Outcome::from_bytes(&receive(outcomes)?)?;
        if outcome.is_end() {
            consumers_left -= 1;
        } else {
            collected.push(outcome);
        }
    }
    Ok(collected)
}

fn receive(queue: &MqdT) -> io::Result<[u8; RECORD_SIZE]> {
    let mut record = [0; RECORD_SIZE];
    mq_receive(queue, &mut record, &mut 0)?;
    Ok(record)
}

/// Forks a child that does the work and leaves.
fn start(work: impl FnOnce() -> io::Result<()>) -> nix::Result<Pid> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = i32::from(work().is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => Ok(child),
    }
}

fn reap(child: Pid) -> io::Result<()> {
    match waitpid(child, None)? {
        WaitStatus::Exited(_, 0) => Ok(()),
        status => Err(io::Error::other(format!("a process failed: {status:?}"))),
    }
}

fn main() -> ExitCode {
    drive(run_queue)
}
