//! Mistake: the parent learns from a pipe that all workers have ended, and waits for none of them.

use std::process::ExitCode;

use barriers::barrier::Barrier;
use barriers::phases::{Rod, drive, next_heat};
use nix::unistd::{ForkResult, fork, pipe, read};

fn diffuse(rod: &Rod, barrier: &Barrier) -> nix::Result<()> {
    let (done_source, done_sink) = pipe()?;
    for worker in 0..rod.workers() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                for _ in 0..rod.steps() {
                    step(rod, worker, barrier);
                }
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(0) }
            }
            ForkResult::Parent { .. } => {}
        }
    }
    drop(done_sink);
    // The end of file: every worker has closed its copy of the write end, by ending.
    read(&done_source, &mut [0])?;
    Ok(())
}

fn step(rod: &Rod, worker: usize, barrier: &Barrier) {
    let heats: Vec<i64> = rod
        .segment(worker)
        .map(|cell| next_heat(rod.heat(cell - 1), rod.heat(cell), rod.heat(cell + 1)))
        .collect();
    barrier.wait();
    for (cell, heat) in rod.segment(worker).zip(heats) {
        rod.set_heat(cell, heat);
    }
    barrier.wait();
}

fn main() -> ExitCode {
    drive(diffuse)
}
