//! Right, by another way: one pipe of tasks from which all workers read, and one of answers into which all of them write.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, pipe, read};
use process_pool::pool_map::drive;
use process_pool::work::{ANSWER_SIZE, Answer, Task};

fn map(workers: usize, tasks: &[Task]) -> io::Result<Vec<Answer>> {
    let (task_reader, task_writer) = pipe()?;
    let (answer_reader, answer_writer) = pipe()?;
    let mut children = Vec::new();
    for _ in 0..workers {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop(task_writer);
                drop(answer_reader);
                let code = i32::from(work(&task_reader, answer_writer, tasks).is_err());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    drop(task_reader);
    drop(answer_writer);
    let sent = send_all(task_writer, tasks);
    // Who reads to the end of file does not count, and so does not wait for an answer that will not come.
    let mut bytes = Vec::new();
    let received = File::from(answer_reader).read_to_end(&mut bytes);
    for child in children {
        waitpid(child, None)?;
    }
    sent.and(received.map(drop))?;
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

/// At most 200 tasks of 4 bytes: all of them fit into a pipe, so this does not wait for anybody.
fn send_all(pipe: OwnedFd, tasks: &[Task]) -> io::Result<()> {
    let mut pipe = File::from(pipe);
    for task in tasks {
        pipe.write_all(&(task.index() as u32).to_ne_bytes())?;
    }
    Ok(())
}

fn work(tasks_left: &OwnedFd, answers: OwnedFd, tasks: &[Task]) -> io::Result<()> {
    let mut answers = File::from(answers);
    let mut index = [0; 4];
    // The pipe holds whole records only, so a read of one record gets one, whoever else reads.
    while read(tasks_left, &mut index)? == index.len() {
        let answer = tasks[u32::from_ne_bytes(index) as usize].perform();
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
