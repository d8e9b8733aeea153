//! Variant: in the main process a thread for each worker, so that nobody has to wait for several things.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

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
    // All processes are forked by now: with threads that would not be safe any more.
    let waiting = Mutex::new(tasks.iter());
    let answers = Mutex::new(vec![None; tasks.len()]);
    let serve = |mut channel: &UnixStream| -> io::Result<()> {
        loop {
            let next = waiting.lock().map_err(|_| ErrorKind::Other)?.next();
            let Some(task) = next else { return Ok(()) };
            channel.write_all(&(task.index() as u32).to_ne_bytes())?;
            let mut bytes = [0; ANSWER_SIZE];
            channel.read_exact(&mut bytes)?;
            let answer = Answer::from_bytes(bytes)?;
            let index = answer.index();
            answers.lock().map_err(|_| ErrorKind::Other)?[index] = Some(answer);
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = pool
            .iter()
            .map(|worker| scope.spawn(|| serve(&worker.channel)))
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err(ErrorKind::Other.into()))
        })
    })?;
    let answers = answers.into_inner().map_err(|_| ErrorKind::Other)?;
    Ok(answers.into_iter().flatten().collect())
}

fn main() -> ExitCode {
    drive(map)
}
