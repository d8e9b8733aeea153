//! Mistake: there is no pool: the main process makes all copies itself.

use std::fs::{self, File};
use std::io;
use std::process::ExitCode;

use process_pool::parallel_backup::{Source, drive};

fn back_up(_workers: usize, sources: &[Source]) -> io::Result<Vec<u64>> {
    sources.iter().map(save).collect()
}

fn save(source: &Source) -> io::Result<u64> {
    let temporary = source.backup.with_added_extension("tmp");
    let mut file = File::create(&temporary)?;
    let bytes = io::copy(&mut File::open(&source.path)?, &mut file)?;
    file.sync_all()?;
    fs::rename(&temporary, &source.backup)?;
    Ok(bytes)
}

fn main() -> ExitCode {
    drive(back_up)
}
