//! Right, by another way: a board in shared memory says who has which task, and the main process does nothing but wait for children.

use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicI32, AtomicU8, Ordering};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid};
use process_pool::pool_survives::{Book, drive};
use process_pool::work::{ANSWER_SIZE, Answer, Task};

const FREE: i32 = 0;
const DONE: i32 = -1;

/// Zeros are a valid place, and every part of it is an atomic.
struct Place {
    /// [`FREE`], [`DONE`], or the process that has the task in hand.
    state: AtomicI32,
    answer: [AtomicU8; ANSWER_SIZE],
}

type Board = [Place; 256];

fn run_pool(workers: usize, tasks: &[Task], book: &mut Book) -> io::Result<()> {
    let length = NonZeroUsize::new(size_of::<Board>()).unwrap_or(NonZeroUsize::MIN);
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping is page-aligned, as large as a board and filled with zeros; it is unmapped when nobody uses it any more.
    let board: &Board = unsafe { memory.cast().as_ref() };
    let mut alive = 0;
    for _ in 0..workers {
        start(board, tasks)?;
        alive += 1;
    }
    while alive > 0 {
        let status = waitpid(None::<Pid>, None)?;
        alive -= 1;
        if let WaitStatus::Signaled(worker, ..) = status {
            // Nobody but the dead one changes what was its own.
            let its_own = |place: &&Place| place.state.load(Ordering::Acquire) == worker.as_raw();
            for place in board.iter().filter(its_own) {
                place.state.store(FREE, Ordering::Release);
            }
            start(board, tasks)?;
            alive += 1;
        }
    }
    for task in tasks {
        let place = &board[task.index()];
        if place.state.load(Ordering::Acquire) == DONE {
            let bytes = place.answer.each_ref();
            let bytes = bytes.map(|byte| byte.load(Ordering::Relaxed));
            book.enter(Answer::from_bytes(bytes)?);
        }
    }
    // SAFETY: nothing refers to the mapping from here on.
    unsafe { munmap(memory, length.get()) }?;
    Ok(())
}

fn start(board: &Board, tasks: &[Task]) -> io::Result<()> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    if let ForkResult::Child = unsafe { fork() }? {
        work(board, tasks);
        // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
        unsafe { nix::libc::_exit(0) }
    }
    Ok(())
}

fn work(board: &Board, tasks: &[Task]) {
    let me = getpid().as_raw();
    for task in tasks {
        let Place { state, answer } = &board[task.index()];
        // One step decides who has it.
        let taken = state.compare_exchange(FREE, me, Ordering::AcqRel, Ordering::Relaxed);
        if taken.is_ok() {
            for (to, byte) in answer.iter().zip(task.perform().to_bytes()) {
                to.store(byte, Ordering::Relaxed);
            }
            state.store(DONE, Ordering::Release);
        }
    }
}

fn main() -> ExitCode {
    drive(run_pool)
}
