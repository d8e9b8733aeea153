//! Variant: the worker forks its own producer and reaps it, so that each process closes the ends of its
//! own pipe only. Data still goes from the producer through the worker to the main process.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::process::ExitCode;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use num_bigint::BigUint;
use pipes::factorial_pipeline::{Product, Task, drive};

fn factorial(number: u32) -> BigUint {
    (1..=number).fold(BigUint::from(1_u32), |product, factor| product * factor)
}

/// Forks a child that writes to a pipe, and returns the pipe's read end.
fn child_that_writes(
    work: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<(Pid, BufReader<File>)> {
    let (read_end, write_end) = nix::unistd::pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(read_end);
            let code = i32::from(work(&mut File::from(write_end)).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            drop(write_end);
            Ok((child, BufReader::new(File::from(read_end))))
        }
    }
}

fn reap(child: Pid) -> io::Result<()> {
    match waitpid(child, None)? {
        WaitStatus::Exited(_, 0) => Ok(()),
        status => Err(io::Error::other(format!("{status:?}"))),
    }
}

fn run_pipeline(numbers: &[u32]) -> io::Result<Vec<Product>> {
    let (worker, products) = child_that_writes(|sink| {
        let (producer, tasks) = child_that_writes(|sink| {
            let mut numbers = numbers.iter();
            numbers.try_for_each(|&number| sink.write_all(Task::new(number).to_line().as_bytes()))
        })?;
        for line in tasks.lines() {
            let task = Task::from_line(&line?)?;
            let product = Product::new(&task, factorial(task.number));
            sink.write_all(product.to_line().as_bytes())?;
        }
        reap(producer)
    })?;
    let products = products
        .lines()
        .map(|line| Product::from_line(&line?))
        .collect();
    reap(worker)?;
    products
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
