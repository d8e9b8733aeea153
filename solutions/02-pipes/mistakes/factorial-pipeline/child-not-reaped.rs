//! Mistake: only the worker is waited for, because only the worker talks to the main process.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe};
use num_bigint::BigUint;
use pipes::factorial_pipeline::{Product, Task, drive};

fn factorial(number: u32) -> BigUint {
    (1..=number).map(BigUint::from).product()
}

fn run_pipeline(numbers: &[u32]) -> io::Result<Vec<Product>> {
    let (task_source, task_sink) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(task_source); // the producer only writes
            leave(produce(numbers, task_sink))
        }
        ForkResult::Parent { .. } => {}
    }
    // Closed before the next fork: the worker must not have this write end, or it would wait for an
    // end of file that it prevents itself.
    drop(task_sink);
    let (product_source, product_sink) = pipe()?;
    // SAFETY: as above.
    let worker = match unsafe { fork() }? {
        ForkResult::Child => {
            drop(product_source); // the worker only reads tasks and writes products
            leave(work(task_source, product_sink))
        }
        ForkResult::Parent { child } => child,
    };
    drop(task_source); // were the worker to die, its producer should learn it
    drop(product_sink); // the worker's is to be the last one
    let products = collect(product_source);
    reap(worker)?;
    products
}

fn produce(numbers: &[u32], sink: OwnedFd) -> io::Result<()> {
    let mut sink = File::from(sink);
    for &number in numbers {
        sink.write_all(Task::new(number).to_line().as_bytes())?;
    }
    Ok(())
}

fn work(source: OwnedFd, sink: OwnedFd) -> io::Result<()> {
    let mut sink = File::from(sink);
    for line in BufReader::new(File::from(source)).lines() {
        let task = Task::from_line(&line?)?;
        let product = Product::new(&task, factorial(task.number));
        sink.write_all(product.to_line().as_bytes())?;
    }
    Ok(())
}

fn collect(source: OwnedFd) -> io::Result<Vec<Product>> {
    let lines = BufReader::new(File::from(source)).lines();
    lines.map(|line| Product::from_line(&line?)).collect()
}

/// Ends a child. Its pipe ends are closed by now, or the kernel closes them.
fn leave(result: io::Result<()>) -> ! {
    // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
    unsafe { nix::libc::_exit(i32::from(result.is_err())) }
}

fn reap(child: Pid) -> io::Result<()> {
    match waitpid(child, None)? {
        WaitStatus::Exited(_, 0) => Ok(()),
        status => Err(io::Error::other(format!("a stage failed: {status:?}"))),
    }
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
