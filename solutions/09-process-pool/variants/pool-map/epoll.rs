//! Variant: the main process waits with epoll(7).

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
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
    loop {
        match channel.read_exact(&mut index) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
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
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    for (at, worker) in pool.iter().enumerate() {
        epoll.add(
            &worker.channel,
            EpollEvent::new(EpollFlags::EPOLLIN, at as u64),
        )?;
    }
    let mut events = [EpollEvent::empty(); 32];
    let count = loop {
        match epoll.wait(&mut events, EpollTimeout::NONE) {
            Err(Errno::EINTR) => {}
            other => break other?,
        }
    };
    Ok(events[..count]
        .iter()
        .map(|event| &pool[event.data() as usize].channel)
        .collect())
}

fn main() -> ExitCode {
    drive(map)
}
