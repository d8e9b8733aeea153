//! Variant: a loop instead of recursion. The child takes the next turn with the new pipe as its input;
//! numbers travel as lines, and any child is reaped with waitid(2).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::process::ExitCode;

use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, fork, pipe};
use pipes::prime_sieve::{drive, found};

/// What a process does with the numbers that it gets.
struct Link {
    numbers: Box<dyn Iterator<Item = io::Result<u32>>>,
    prime: Option<u32>,
}

fn sieve(limit: u32) -> io::Result<()> {
    let mut link = Link {
        numbers: Box::new((2..=limit).map(Ok)),
        prime: None,
    };
    let mut is_main = true;
    loop {
        let (source, sink) = pipe()?;
        // SAFETY: the program has one thread, so the child may run ordinary code.
        if let ForkResult::Parent { .. } = unsafe { fork() }? {
            drop(source);
            let passed = link.pass_on(File::from(sink));
            let status = waitid(Id::All, WaitPidFlag::WEXITED)?;
            let chain = match status {
                WaitStatus::Exited(_, 0) => Ok(()),
                status => Err(io::Error::other(format!("{status:?}"))),
            };
            if is_main {
                return chain.and(passed);
            }
            leave(chain.and(passed));
        }
        drop(sink);
        is_main = false;
        // The assignment closes the input of the process before.
        link = Link::reading(File::from(source));
        match link.numbers.next() {
            None => leave(Ok(())),
            Some(Err(error)) => leave(Err(error)),
            Some(Ok(prime)) => {
                found(prime);
                link.prime = Some(prime);
            }
        }
    }
}

impl Link {
    fn reading(source: File) -> Self {
        let number = |line: io::Result<String>| line?.parse().map_err(io::Error::other);
        Self {
            numbers: Box::new(BufReader::new(source).lines().map(number)),
            prime: None,
        }
    }

    /// Passes on what the prime does not divide; the main process has none, and passes on everything.
    fn pass_on(&mut self, mut sink: File) -> io::Result<()> {
        for number in &mut self.numbers {
            let number = number?;
            if self.prime.is_none_or(|prime| number % prime != 0) {
                sink.write_all(format!("{number}\n").as_bytes())?;
            }
        }
        Ok(())
    }
}

fn leave(result: io::Result<()>) -> ! {
    // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
    unsafe { nix::libc::_exit(i32::from(result.is_err())) }
}

fn main() -> ExitCode {
    drive(sieve)
}
