//! Mistake: only the main process waits. In the chain, each process ends when it has passed everything on,
//! and leaves the next one behind.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe};
use pipes::prime_sieve::{drive, found};

fn sieve(limit: u32) -> io::Result<()> {
    let (source, sink) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(sink); // or this process would wait for an end of file that it prevents itself
            leave(filter(source))
        }
        ForkResult::Parent { child } => {
            drop(source);
            let sent = send((2..=limit).map(Ok), sink);
            // Reaped in any case. An error in the chain is the cause of one here, so it comes first.
            reap(child).and(sent)
        }
    }
}

/// What a process of the chain does, from its first number to the end of file.
fn filter(source: OwnedFd) -> io::Result<()> {
    let mut numbers = numbers_from(source);
    let Some(prime) = numbers.next().transpose()? else {
        return Ok(()); // the end of the chain
    };
    found(prime);
    let (next_source, sink) = pipe()?;
    // SAFETY: as above.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(sink);
            // The child has inherited this process's input and has no use for it. If it stayed open, the
            // next process would inherit it as well, and so on: one descriptor more in each.
            drop(numbers);
            leave(filter(next_source))
        }
        ForkResult::Parent { .. } => {
            drop(next_source);
            let rest =
                numbers.filter(|number| !matches!(number, Ok(number) if number % prime == 0));
            send(rest, sink)
        }
    }
}

/// Sends the numbers, four bytes each, and closes the pipe.
fn send(mut numbers: impl Iterator<Item = io::Result<u32>>, sink: OwnedFd) -> io::Result<()> {
    let mut sink = BufWriter::new(File::from(sink));
    numbers.try_for_each(|number| sink.write_all(&number?.to_be_bytes()))?;
    sink.flush()
}

/// The numbers that come out of a pipe, until its end.
fn numbers_from(source: OwnedFd) -> impl Iterator<Item = io::Result<u32>> {
    let mut source = BufReader::new(File::from(source));
    std::iter::from_fn(move || {
        let mut bytes = [0; 4];
        match source.read_exact(&mut bytes) {
            Ok(()) => Some(Ok(u32::from_be_bytes(bytes))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
            Err(error) => Some(Err(error)),
        }
    })
}

fn reap(child: Pid) -> io::Result<()> {
    match waitpid(child, None)? {
        WaitStatus::Exited(_, 0) => Ok(()),
        status => Err(io::Error::other(format!("the chain broke: {status:?}"))),
    }
}

fn leave(result: io::Result<()>) -> ! {
    if let Err(error) = &result {
        eprintln!("in the chain: {error}");
    }
    // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
    unsafe { nix::libc::_exit(i32::from(result.is_err())) }
}

fn main() -> ExitCode {
    drive(sieve)
}
