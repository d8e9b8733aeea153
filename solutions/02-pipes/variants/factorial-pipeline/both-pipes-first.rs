//! Variant: both pipes exist before the first fork, the worker is forked first, each process closes three
//! or four ends, output is buffered, and any child is reaped.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::process::ExitCode;

use nix::sys::wait::wait;
use nix::unistd::{ForkResult, fork, pipe};
use num_bigint::BigUint;
use pipes::factorial_pipeline::{Product, Task, drive};

fn factorial(number: u32) -> BigUint {
    let mut product = BigUint::from(1_u32);
    for factor in 2..=number {
        product *= factor;
    }
    product
}

fn run_pipeline(numbers: &[u32]) -> io::Result<Vec<Product>> {
    let (task_source, task_sink) = pipe()?;
    let (product_source, product_sink) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    if let ForkResult::Child = unsafe { fork() }? {
        drop((task_sink, product_source));
        let mut products = BufWriter::new(File::from(product_sink));
        let worked = BufReader::new(File::from(task_source))
            .lines()
            .try_for_each(|line| {
                let task = Task::from_line(&line?)?;
                let value = factorial(task.number);
                products.write_all(Product::new(&task, value).to_line().as_bytes())
            });
        exit_child(worked.and_then(|()| products.flush()));
    }
    // SAFETY: as above.
    if let ForkResult::Child = unsafe { fork() }? {
        drop((task_source, product_source, product_sink));
        let lines: String = numbers
            .iter()
            .map(|&number| Task::new(number).to_line())
            .collect();
        exit_child(File::from(task_sink).write_all(lines.as_bytes()));
    }
    drop((task_source, task_sink, product_sink));
    let mut text = String::new();
    File::from(product_source).read_to_string(&mut text)?;
    wait()?;
    wait()?;
    text.lines().map(Product::from_line).collect()
}

fn exit_child(result: io::Result<()>) -> ! {
    // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
    unsafe { nix::libc::_exit(i32::from(result.is_err())) }
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
