//! Variant: the producers are children of a foreman, which waits for all of them and then sends a sentinel to each consumer;
//! outcomes come as packets over a socketpair, whose end of file ends the collecting.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::mqueue::{
    MQ_OFlag, MqAttr, MqdT, mq_attr_member_t, mq_open, mq_receive, mq_send, mq_unlink,
};
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, recv, send, socketpair};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::{ForkResult, Pid, fork};
use queues::work_queue::{Item, Outcome, Plan, QUEUE_CAPACITY, RECORD_SIZE, drive};

fn run_queue(plan: &Plan) -> io::Result<Vec<Outcome>> {
    let limits = MqAttr::new(0, QUEUE_CAPACITY, RECORD_SIZE as mq_attr_member_t, 0);
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR;
    let name = plan.item_queue.as_str();
    let items = mq_open(name, flags, Mode::S_IRUSR | Mode::S_IWUSR, Some(&limits))?;
    mq_unlink(name)?;
    let (source, sink) = socketpair(
        AddressFamily::Unix,
        SockType::SeqPacket,
        None,
        SockFlag::empty(),
    )?;
    start(|| lead_producers(plan, &items))?;
    for _ in 0..plan.consumers {
        start(|| consume(&items, &sink))?;
    }
    // When the last consumer has gone, nobody has this end any more. The foreman has a copy, and goes before them.
    drop(sink);
    let outcomes = collect(&source)?;
    reap_all()?;
    Ok(outcomes)
}

fn lead_producers(plan: &Plan, items: &MqdT) -> io::Result<()> {
    for producer in 0..plan.producers {
        start(|| {
            for item in plan.items(producer) {
                mq_send(items, &item.to_bytes(), 0)?;
            }
            Ok(())
        })?;
    }
    // Behind all items: whoever could make one more has ended.
    reap_all()?;
    for _ in 0..plan.consumers {
        mq_send(items, &Item::end().to_bytes(), 0)?;
    }
    Ok(())
}

fn consume(items: &MqdT, sink: &OwnedFd) -> io::Result<()> {
    let mut record = [0; RECORD_SIZE];
    loop {
        mq_receive(items, &mut record, &mut 0)?;
        let item = Item::from_bytes(&record)?;
        if item.is_end() {
            return Ok(());
        }
        let outcome = item.process().to_bytes();
        send(sink.as_raw_fd(), &outcome, MsgFlags::empty())?;
    }
}

fn collect(source: &OwnedFd) -> io::Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    let mut record = [0; RECORD_SIZE];
    while recv(source.as_raw_fd(), &mut record, MsgFlags::empty())? > 0 {
        outcomes.push(Outcome::from_bytes(&record)?);
    }
    Ok(outcomes)
}

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

fn reap_all() -> io::Result<()> {
    loop {
        match wait() {
            Ok(WaitStatus::Exited(_, 0)) => {}
            Err(Errno::ECHILD) => return Ok(()),
            status => return Err(io::Error::other(format!("a process failed: {status:?}"))),
        }
    }
}

fn main() -> ExitCode {
    drive(run_queue)
}
