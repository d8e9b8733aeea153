//! Variant: collected where temporary files belong; if that is another file system, it goes through the backup's own folder.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::ExitCode;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pipe, read, write};
use process_pool::parallel_backup::{Source, drive};

/// The place of a source, and how many bytes its backup has. Far below PIPE_BUF, so it goes through a pipe as a whole.
const RECORD: usize = 16;

/// What a worker needs, and the one end that it must not have.
struct Ends {
    task_reader: OwnedFd,
    task_writer: Option<OwnedFd>,
    answer_writer: OwnedFd,
}

fn back_up(workers: usize, sources: &[Source]) -> io::Result<Vec<u64>> {
    let (task_reader, task_writer) = pipe()?;
    let (answer_reader, answer_writer) = pipe()?;
    let mut ends = Ends {
        task_reader,
        task_writer: Some(task_writer),
        answer_writer,
    };
    let mut children = Vec::new();
    let started = (0..workers).try_for_each(|_| {
        children.push(start(&mut ends, sources)?);
        Ok(())
    });
    let task_writer = ends.task_writer.take();
    // The workers' own ends: the answers end when the last worker has ended, in whatever way.
    drop(ends);
    // Nothing leaves this function before everybody is reaped, so failures wait until then.
    let sent = started.and_then(|()| send_tasks(task_writer, sources.len()));
    let mut answers = Vec::new();
    let received = File::from(answer_reader).read_to_end(&mut answers);
    for child in children {
        waitpid(child, None)?;
    }
    sent.and(received)?;
    in_order(&answers, sources.len())
}

fn start(ends: &mut Ends, sources: &[Source]) -> nix::Result<Pid> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            // With a write end of its own it would never see the end of the tasks.
            ends.task_writer.take();
            let code = i32::from(work(ends, sources).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => Ok(child),
    }
}

fn send_tasks(writer: Option<OwnedFd>, count: usize) -> io::Result<()> {
    // At most 20 tasks: they fit into the pipe, so nobody is waited for. With the writer the tasks end.
    let mut writer = File::from(writer.ok_or(ErrorKind::BrokenPipe)?);
    (0..count as u64).try_for_each(|place| writer.write_all(&place.to_ne_bytes()))
}

fn work(ends: &Ends, sources: &[Source]) -> io::Result<()> {
    let mut place = [0; 8];
    // A read of one record takes the next task, whoever else reads.
    while read(&ends.task_reader, &mut place)? == place.len() {
        let bytes = save(&sources[u64::from_ne_bytes(place) as usize])?;
        write(&ends.answer_writer, &[place, bytes.to_ne_bytes()].concat())?;
    }
    Ok(())
}

fn save(source: &Source) -> io::Result<u64> {
    let name = source.backup.file_name().unwrap_or_default();
    let collected = std::env::temp_dir().join(name).with_added_extension("tmp");
    let bytes = copy(&source.path, &collected)?;
    match fs::rename(&collected, &source.backup) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            let near = source.backup.with_added_extension("tmp");
            copy(&collected, &near)?;
            fs::rename(&near, &source.backup)?;
            fs::remove_file(&collected)?;
        }
        result => result?,
    }
    // The new name is on the disk, too, before anybody is told that there is a backup.
    let folder = source.backup.parent().unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
    Ok(bytes)
}

/// Copies a file and syncs the copy.
fn copy(from: &Path, to: &Path) -> io::Result<u64> {
    let mut file = File::create(to)?;
    let bytes = io::copy(&mut File::open(from)?, &mut file)?;
    file.sync_all()?;
    Ok(bytes)
}

fn in_order(answers: &[u8], count: usize) -> io::Result<Vec<u64>> {
    let number = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_ne_bytes);
    let mut sizes = vec![None; count];
    for record in answers.chunks_exact(RECORD) {
        sizes[number(&record[..8]) as usize] = Some(number(&record[8..]));
    }
    let all: Option<Vec<u64>> = sizes.into_iter().collect();
    all.ok_or_else(|| io::Error::other("a worker ended before it had answered"))
}

fn main() -> ExitCode {
    drive(back_up)
}
