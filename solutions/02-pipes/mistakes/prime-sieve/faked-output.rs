//! Mistake: no chain and no pipes. The main process divides until it has all primes.

use std::io;
use std::process::ExitCode;

use pipes::prime_sieve::{drive, found};

fn sieve(limit: u32) -> io::Result<()> {
    let is_prime = |number: u32| (2..number).all(|divisor| !number.is_multiple_of(divisor));
    (2..=limit)
        .filter(|&number| is_prime(number))
        .for_each(found);
    Ok(())
}

fn main() -> ExitCode {
    drive(sieve)
}
