//! Variant: each worker knows its sources from the beginning, and only answers go through a pipe.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, pipe, write};
use process_pool::parallel_backup::{Source, drive};

/// The place of a source, and how many bytes its backup has. Far below PIPE_BUF, so it goes through a pipe as a whole.
const RECORD: usize = 16;

fn back_up(workers: usize, sources: &[Source]) -> io::Result<Vec<u64>> {
    let (reader, writer) = pipe()?;
    let mut children = Vec::new();
    for worker in 0..workers {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop(reader);
                let mine = sources.iter().enumerate().skip(worker).step_by(workers);
                let done: io::Result<()> = mine.into_iter().try_for_each(|(place, source)| {
                    let bytes = save(source)?;
                    write(
                        &writer,
                        &[(place as u64).to_ne_bytes(), bytes.to_ne_bytes()].concat(),
                    )?;
                    Ok(())
                });
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(i32::from(done.is_err())) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    drop(writer);
    let mut answers = Vec::new();
    let received = File::from(reader).read_to_end(&mut answers);
    for child in children {
        waitpid(child, None)?;
    }
    received?;
    in_order(&answers, sources.len())
}

fn save(source: &Source) -> io::Result<u64> {
    // In the same folder, because `rename` does not cross file systems. Always the same name: what a killed run has left there is
    // overwritten, and goes away with the rename.
    let temporary = source.backup.with_added_extension("tmp");
    let mut file = File::create(&temporary)?;
    let bytes = io::copy(&mut File::open(&source.path)?, &mut file)?;
    // Before the rename: the folder may be on the disk earlier than the content, and then the old backup is lost as well.
    file.sync_all()?;
    fs::rename(&temporary, &source.backup)?;
    // The new name is on the disk, too, before anybody is told that there is a backup.
    let folder = source.backup.parent().unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
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
