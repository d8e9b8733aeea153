//! Mistake: the tasks are dealt out like cards, before anybody knows how long each will take.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, pipe};
use process_pool::pool_map::drive;
use process_pool::work::{ANSWER_SIZE, Answer, Task};

fn map(workers: usize, tasks: &[Task]) -> io::Result<Vec<Answer>> {
    let (answer_reader, answer_writer) = pipe()?;
    let mut children = Vec::new();
    for worker in 0..workers {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop(answer_reader);
                let code = i32::from(work(worker, workers, answer_writer, tasks).is_err());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    drop(answer_writer);
    // Who reads to the end of file does not count, and so does not wait for an answer that will not come.
    let mut bytes = Vec::new();
    let received = File::from(answer_reader).read_to_end(&mut bytes);
    for child in children {
        waitpid(child, None)?;
    }
    received?;
    let records = bytes.as_chunks::<ANSWER_SIZE>().0;
    let mut answers = records
        .iter()
        .map(|record| Answer::from_bytes(*record))
        .collect::<io::Result<Vec<_>>>()?;
    answers.sort_by_key(Answer::index);
    if answers.len() < tasks.len() {
        return Err(io::Error::other(
            "a worker has ended before it had answered",
        ));
    }
    Ok(answers)
}

fn work(worker: usize, workers: usize, answers: OwnedFd, tasks: &[Task]) -> io::Result<()> {
    let mut answers = File::from(answers);
    for task in tasks.iter().skip(worker).step_by(workers) {
        let answer = task.perform();
        // Less than PIPE_BUF: it goes in as a whole.
        if answers.write(&answer.to_bytes())? < ANSWER_SIZE {
            return Err(ErrorKind::WriteZero.into());
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(map)
}
