//! Mistake: a worker that has nothing to do looks for a task again and again, with naps between.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};
use process_pool::pool_map::drive;
use process_pool::work::{ANSWER_SIZE, Answer, Task};

/// A worker, as the main process knows it.
struct Worker {
    pid: Pid,
    channel: UnixStream,
}

fn map(workers: usize, tasks: &[Task]) -> io::Result<Vec<Answer>> {
    let mut pool = Vec::new();
    let mut answers = Err(ErrorKind::Other.into());
    let started = (0..workers).try_for_each(|_| start(&mut pool, tasks));
    if started.is_ok() {
        answers = hand_out(&pool, tasks);
    }
    // First all channels are closed, then everybody is reaped, in any case: the end of its channel is what ends a worker.
    let pids: Vec<Pid> = pool.into_iter().map(|worker| worker.pid).collect();
    for pid in pids {
        waitpid(pid, None)?;
    }
    started.and(answers)
}

fn start(pool: &mut Vec<Worker>, tasks: &[Task]) -> io::Result<()> {
    let (channel, theirs) = UnixStream::pair()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            // This end of the own channel would keep the child from seeing its end; those of its siblings would keep them.
            drop(channel);
            pool.clear();
            let code = i32::from(work(theirs, tasks).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            // With `theirs` closed here, the channel ends when the worker does, however that happens.
            drop(theirs);
            pool.push(Worker {
                pid: child,
                channel,
            });
            Ok(())
        }
    }
}

fn work(mut channel: UnixStream, tasks: &[Task]) -> io::Result<()> {
    let mut index = [0; 4];
    channel.set_nonblocking(true)?;
    loop {
        match channel.read_exact(&mut index) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                sleep(Duration::from_millis(1));
                continue;
            }
            result => result?,
        }
        let answer = tasks[u32::from_ne_bytes(index) as usize].perform();
        channel.write_all(&answer.to_bytes())?;
    }
}

fn hand_out(pool: &[Worker], tasks: &[Task]) -> io::Result<Vec<Answer>> {
    let mut waiting = tasks.iter();
    // One task for each worker, and another one whenever it has answered. So no task waits while somebody is free.
    let mut give = |mut channel: &UnixStream| match waiting.next() {
        Some(task) => channel.write_all(&(task.index() as u32).to_ne_bytes()),
        None => Ok(()),
    };
    for worker in pool {
        give(&worker.channel)?;
    }
    let mut answers: Vec<Option<Answer>> = vec![None; tasks.len()];
    let mut missing = tasks.len();
    while missing > 0 {
        for mut channel in ready(pool)? {
            // A worker that has ended is ready, too: then there is nothing to read, and this is an error.
            let mut bytes = [0; ANSWER_SIZE];
            channel.read_exact(&mut bytes)?;
            let answer = Answer::from_bytes(bytes)?;
            // Answers come in any order. The index says where this one belongs.
            answers[answer.index()] = Some(answer);
            missing -= 1;
            give(channel)?;
        }
    }
    Ok(answers.into_iter().flatten().collect())
}

/// Sleeps until somebody has answered, or has ended.
fn ready(pool: &[Worker]) -> io::Result<Vec<&UnixStream>> {
    let channels = pool.iter().map(|worker| &worker.channel);
    let mut polled: Vec<PollFd<'_>> = channels
        .clone()
        .map(|channel| PollFd::new(channel.as_fd(), PollFlags::POLLIN))
        .collect();
    while poll(&mut polled, PollTimeout::NONE) == Err(Errno::EINTR) {}
    let is_ready = polled.iter().map(|it| it.any() == Some(true));
    let both = channels.zip(is_ready);
    Ok(both.filter_map(|(it, ready)| ready.then_some(it)).collect())
}

fn main() -> ExitCode {
    drive(map)
}
