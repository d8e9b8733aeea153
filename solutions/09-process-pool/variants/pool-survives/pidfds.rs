//! Right, by another way: one pipe for all answers, and a pidfd that tells of each worker's end.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pipe};
use process_pool::pool_survives::{Book, drive};
use process_pool::work::{ANSWER_SIZE, Answer, Task};
use rustix::process::{PidfdFlags, pidfd_open};

struct Worker {
    pid: Pid,
    /// Readable when the worker has ended.
    end: OwnedFd,
    tasks: File,
    task: Option<usize>,
}

fn run_pool(workers: usize, tasks: &[Task], book: &mut Book) -> io::Result<()> {
    let (answers, answer_writer) = pipe()?;
    let mut answers = File::from(answers);
    let mut waiting: VecDeque<usize> = (0..tasks.len()).collect();
    let mut pool: Vec<Worker> = Vec::new();
    loop {
        while pool.len() < workers && !waiting.is_empty() {
            let worker = start(&mut pool, &answers, &answer_writer, tasks)?;
            pool.push(worker);
        }
        for worker in pool.iter_mut().filter(|worker| worker.task.is_none()) {
            worker.task = waiting.pop_front();
            if let Some(index) = worker.task {
                match worker.tasks.write_all(&(index as u32).to_ne_bytes()) {
                    // Its end is told by the pidfd.
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
                    result => result?,
                }
            }
        }
        if pool.iter().all(|worker| worker.task.is_none()) {
            break;
        }
        let (has_answer, ended) = look(&answers, &pool);
        // Answers first, and all of them: what a killed worker has sent is in the pipe before its end is told.
        if has_answer {
            let mut bytes = [0; ANSWER_SIZE];
            answers.read_exact(&mut bytes)?;
            let answer = Answer::from_bytes(bytes)?;
            let index = answer.index();
            for worker in pool.iter_mut().filter(|it| it.task == Some(index)) {
                worker.task = None;
            }
            book.enter(answer);
        } else {
            for at in ended.into_iter().rev() {
                let worker = pool.remove(at);
                waitpid(worker.pid, None)?;
                waiting.extend(worker.task);
            }
        }
    }
    let pids: Vec<Pid> = pool.into_iter().map(|worker| worker.pid).collect();
    for pid in pids {
        waitpid(pid, None)?;
    }
    Ok(())
}

fn start(
    pool: &mut Vec<Worker>,
    answer_reader: &File,
    answer_writer: &OwnedFd,
    tasks: &[Task],
) -> io::Result<Worker> {
    let (task_reader, task_writer) = pipe()?;
    let answers = File::from(answer_writer.try_clone()?);
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(task_writer);
            pool.clear();
            // SAFETY: the child ends without dropping it, so it is closed once.
            unsafe { nix::libc::close(std::os::fd::AsRawFd::as_raw_fd(answer_reader)) };
            let code = i32::from(work(task_reader, answers, tasks).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child: pid } => {
            let number = rustix::process::Pid::from_raw(pid.as_raw()).ok_or(Errno::ESRCH)?;
            Ok(Worker {
                pid,
                end: pidfd_open(number, PidfdFlags::empty())?,
                tasks: File::from(task_writer),
                task: None,
            })
        }
    }
}

fn work(task_reader: OwnedFd, mut answers: File, tasks: &[Task]) -> io::Result<()> {
    let mut reader = File::from(task_reader);
    let mut index = [0; 4];
    loop {
        match reader.read_exact(&mut index) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            result => result?,
        }
        let answer = tasks[u32::from_ne_bytes(index) as usize].perform();
        // Less than PIPE_BUF: it goes in as a whole, or not at all.
        answers.write_all(&answer.to_bytes())?;
    }
}

/// Sleeps until there is an answer or somebody has ended; returns whether there is one, and the places of those.
fn look(answers: &File, pool: &[Worker]) -> (bool, Vec<usize>) {
    // `poll` looks at one after the other: the answers last, so that none can come between them and an end that is seen.
    let ends = pool.iter().map(|worker| worker.end.as_fd());
    let mut polled: Vec<PollFd<'_>> = ends
        .chain([answers.as_fd()])
        .map(|descriptor| PollFd::new(descriptor, PollFlags::POLLIN))
        .collect();
    while poll(&mut polled, PollTimeout::NONE) == Err(Errno::EINTR) {}
    let is_ready = |at: &usize| polled[*at].any() == Some(true);
    let ended = (0..pool.len()).filter(is_ready).collect();
    (is_ready(&pool.len()), ended)
}

fn main() -> ExitCode {
    drive(run_pool)
}
