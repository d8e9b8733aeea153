//! Mistake: a killed worker is replaced, and what it had in hand is forgotten.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};
use process_pool::pool_survives::{Book, drive};
use process_pool::work::{ANSWER_SIZE, Answer, Task};

/// A worker, as the main process knows it.
struct Worker {
    pid: Pid,
    channel: UnixStream,
    /// What it has in hand: from before it is sent until its answer is here.
    task: Option<usize>,
}

fn run_pool(workers: usize, tasks: &[Task], book: &mut Book) -> io::Result<()> {
    let mut pool = Vec::new();
    let result = work_off(&mut pool, workers, tasks, book);
    // In any case: close all channels, which ends the workers, and then reap everybody.
    let pids: Vec<Pid> = pool.into_iter().map(|worker| worker.pid).collect();
    for pid in pids {
        waitpid(pid, None)?;
    }
    result
}

fn work_off(
    pool: &mut Vec<Worker>,
    size: usize,
    tasks: &[Task],
    book: &mut Book,
) -> io::Result<()> {
    let mut waiting: VecDeque<usize> = (0..tasks.len()).collect();
    loop {
        while pool.len() < size && !waiting.is_empty() {
            start(pool, tasks)?;
        }
        for worker in pool.iter_mut().filter(|worker| worker.task.is_none()) {
            worker.task = waiting.pop_front();
            if let Some(index) = worker.task {
                give(&mut worker.channel, index)?;
            }
        }
        if pool.iter().all(|worker| worker.task.is_none()) {
            return Ok(());
        }
        // From the last to the first: then a removal does not move those that are still to come.
        for at in ready(pool).into_iter().rev() {
            match receive(&mut pool[at].channel)? {
                // The end comes behind the last answer. Whoever has answered and was killed then has nothing in hand any more.
                Some(answer) => {
                    pool[at].task = None;
                    book.enter(answer);
                }
                None => {
                    let Worker { pid, .. } = pool.remove(at);
                    waitpid(pid, None)?;
                }
            }
        }
    }
}

fn start(pool: &mut Vec<Worker>, tasks: &[Task]) -> io::Result<()> {
    let (channel, theirs) = UnixStream::pair()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            // No worker may hold an end of another one's channel: it would not end with its worker.
            drop(channel);
            pool.clear();
            let code = i32::from(work(theirs, tasks).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child: pid } => {
            let task = None;
            pool.push(Worker { pid, channel, task });
            Ok(())
        }
    }
}

fn work(mut channel: UnixStream, tasks: &[Task]) -> io::Result<()> {
    let mut index = [0; 4];
    loop {
        match channel.read_exact(&mut index) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            result => result?,
        }
        let answer = tasks[u32::from_ne_bytes(index) as usize].perform();
        channel.write_all(&answer.to_bytes())?;
    }
}

fn give(channel: &mut UnixStream, index: usize) -> io::Result<()> {
    match channel.write_all(&(index as u32).to_ne_bytes()) {
        // It was killed since it answered. The next look finds its end, with this task in its hands.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// The next answer; `None` at the worker's end.
fn receive(channel: &mut UnixStream) -> io::Result<Option<Answer>> {
    let mut bytes = [0; ANSWER_SIZE];
    match channel.read_exact(&mut bytes) {
        Ok(()) => Answer::from_bytes(bytes).map(Some),
        Err(error) => match error.kind() {
            // A reset is an end with something unread: the task that it did not get any more.
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset => Ok(None),
            _ => Err(error),
        },
    }
}

/// Sleeps until somebody has answered or ended, and returns the places of these.
fn ready(pool: &[Worker]) -> Vec<usize> {
    let channels = pool.iter().map(|worker| worker.channel.as_fd());
    let mut polled: Vec<PollFd<'_>> = channels
        .map(|channel| PollFd::new(channel, PollFlags::POLLIN))
        .collect();
    while poll(&mut polled, PollTimeout::NONE) == Err(Errno::EINTR) {}
    let is_ready = |at: &usize| polled[*at].any() == Some(true);
    (0..polled.len()).filter(is_ready).collect()
}

fn main() -> ExitCode {
    drive(run_pool)
}
