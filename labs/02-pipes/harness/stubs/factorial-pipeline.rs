//! Exercise `factorial-pipeline`: producer → worker → main, through two pipes.
//!
//! It shows how processes form a line in which each one does a part of the work at the same time as
//! the others, how pipes join siblings as well as parent and child, and which of the many copies of
//! their ends must be closed in which process.
//!
//! Calls: pipe(2), fork(2), read(2), write(2), close(2), waitpid(2), _exit(2).
//! Run it: `cargo run -p pipes --bin factorial-pipeline`, and with large numbers: `… -- 20 21 2000`.
//! Edit: the body of `run_pipeline`.

use std::io;
use std::process::ExitCode;

use pipes::factorial_pipeline::{Product, drive};

/// Starts two processes, the producer and the worker, and returns the products in the order of the numbers.
///
/// - The producer makes a `Task` of each number (`Task::new`) and writes its line (`to_line`) to the first pipe.
/// - The worker reads the tasks (`Task::from_line`) to the end of file, works out each factorial as a
///   `num_bigint::BigUint` (0! is 1, and 2000! has 5736 digits), and writes the `Product` (`Product::new`,
///   `to_line`) to the second pipe.
/// - The main process reads the products (`Product::from_line`) to the end of file. Whoever forked a child reaps it.
/// - All three work at the same time: there can be more numbers and digits than the pipes hold.
fn run_pipeline(numbers: &[u32]) -> io::Result<Vec<Product>> {
    // TODO: make two pipes, fork twice, close in each of the three processes the ends that it does not use.
    todo!("send {numbers:?} through a producer and a worker")
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
