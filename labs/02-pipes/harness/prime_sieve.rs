//! Driver of `prime-sieve`: prints which process found which prime.
//!
//! Usage: `prime-sieve [LIMIT [DESCRIPTORS]]`. LIMIT is the last number of the sieve (default 30, at
//! most 500). DESCRIPTORS is the number of descriptors that each process may have open, `RLIMIT_NOFILE`.

use std::io;
use std::process::ExitCode;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::getpid;

use crate::program::{Program, print_line};
use crate::witness::{Sighting, Witness, has_reaped_a_child};

static WITNESS: Witness = Witness::new();

/// There are 95 primes up to here, and each gets a process.
const LARGEST: u32 = 500;

/// To be called by the process that has found a prime, once for each prime.
pub fn found(prime: u32) {
    WITNESS.note(u64::from(prime));
}

/// What the student writes: find the primes up to and including `limit` by a chain of processes.
pub type Sieve = fn(limit: u32) -> io::Result<()>;

/// Runs the exercise.
#[must_use]
pub fn drive(sieve: Sieve) -> ExitCode {
    let program = Program::begin();
    let Some((limit, descriptors)) = arguments() else {
        eprintln!("usage: prime-sieve [LIMIT [DESCRIPTORS]]: LIMIT is at most {LARGEST}");
        return ExitCode::from(2);
    };
    let prepared = WITNESS
        .begin()
        .and_then(|()| limit_descriptors(descriptors));
    if let Err(error) = prepared {
        eprintln!("prime-sieve: cannot begin: {error}");
        return ExitCode::FAILURE;
    }
    print_line(&format!("the main process is [pid {}]", getpid()));
    program.end("sieve", sieve(limit), |()| print_primes())
}

fn arguments() -> Option<(u32, Option<u64>)> {
    let mut words = std::env::args().skip(1);
    let limit = words.next().map_or(Some(30), |word| word.parse().ok())?;
    let descriptors = match words.next() {
        Some(word) => Some(word.parse().ok()?),
        None => None,
    };
    (limit <= LARGEST && words.next().is_none()).then_some((limit, descriptors))
}

fn limit_descriptors(descriptors: Option<u64>) -> io::Result<()> {
    if let Some(descriptors) = descriptors {
        let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
        setrlimit(Resource::RLIMIT_NOFILE, descriptors, most)?;
    }
    Ok(())
}

fn print_primes() {
    let mut primes = WITNESS.sightings();
    // Only the order of the numbers is the same in every run.
    primes.sort_by_key(|seen| seen.deed);
    for Sighting { deed, pid, parent } in &primes {
        print_line(&format!(
            "{deed} was found by [pid {pid}], a child of [pid {parent}]"
        ));
    }
    print_line(&format!("{} primes", primes.len()));
    if !primes.is_empty() && !WITNESS.saw_another_process() && !has_reaped_a_child() {
        print_line("made up: no process but the main one took part");
    }
}
