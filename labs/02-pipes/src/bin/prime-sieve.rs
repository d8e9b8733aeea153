//! Exercise `prime-sieve`: a chain of processes that grows with each prime.
//!
//! It shows how processes multiply in a controlled way, each one a filter between two pipes, and what
//! a long chain of inheritance does to descriptors: an end that one process forgets to close is open
//! in all that come after it.
//!
//! Calls: pipe(2), fork(2), read(2), write(2), close(2), waitpid(2), _exit(2).
//! Run it: `cargo run -p pipes --bin prime-sieve 30`, and with 24 descriptors for each process: `… 200 24`.
//! Edit: the body of `sieve`.

use std::io;
use std::process::ExitCode;

use pipes::prime_sieve::drive;

/// Finds the primes from 2 to `limit`.
///
/// - The main process sends the numbers 2, 3, ... `limit` into the chain and finds no prime itself.
/// - The first number that a process of the chain gets is a prime `p`: it calls `pipes::prime_sieve::found(p)`, makes a
///   pipe and forks the next process of the chain, to which it passes on what `p` does not divide.
/// - A process that gets no number at all is the end of the chain.
/// - Each process waits for the one that it forked. An error anywhere in the chain becomes an error here.
/// - The number of descriptors of a process does not depend on its place in the chain.
fn sieve(limit: u32) -> io::Result<()> {
    // TODO: fork the first process of the chain, write what it does, send it the numbers.
    todo!("sieve up to {limit}")
}

fn main() -> ExitCode {
    drive(sieve)
}
