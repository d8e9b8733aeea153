//! Variant: the next process is forked only when there is a number for it, so that the chain has no empty
//! end. The child puts its input in the place of descriptor 0, which closes the one before.

use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, dup2_stdin, fork, pipe, read};
use pipes::prime_sieve::{drive, found};

/// The next process of the chain, and the numbers' way to it.
type Next = Option<(Pid, File)>;

fn sieve(limit: u32) -> io::Result<()> {
    let mut next = None;
    let sent = (2..=limit).try_for_each(|number| send(number, &mut next));
    finish(next).and(sent)
}

/// What a process of the chain does with descriptor 0.
fn filter() -> io::Result<()> {
    let Some(prime) = receive()? else {
        return Ok(());
    };
    found(prime);
    let mut next = None;
    let sent = filter_by(prime, &mut next);
    finish(next).and(sent)
}

fn filter_by(prime: u32, next: &mut Next) -> io::Result<()> {
    while let Some(number) = receive()? {
        if number % prime != 0 {
            send(number, next)?;
        }
    }
    Ok(())
}

/// The next number, two bytes, and no byte that comes after it.
fn receive() -> io::Result<Option<u32>> {
    let mut bytes = [0; 2];
    let mut filled = 0;
    while filled < bytes.len() {
        match read(io::stdin(), &mut bytes[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Some(u32::from(u16::from_be_bytes(bytes))))
}

fn send(number: u32, next: &mut Next) -> io::Result<()> {
    let (child, mut sink) = match next.take() {
        Some(next) => next,
        None => fork_next()?,
    };
    let bytes = u16::try_from(number)
        .map_err(io::Error::other)?
        .to_be_bytes();
    let sent = sink.write_all(&bytes);
    *next = Some((child, sink));
    sent
}

/// Comes back in the parent only.
fn fork_next() -> io::Result<(Pid, File)> {
    let (source, sink) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(sink);
            let placed = dup2_stdin(&source).map_err(io::Error::from);
            drop(source);
            let code = i32::from(placed.and_then(|()| filter()).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => Ok((child, File::from(sink))),
    }
}

fn finish(next: Next) -> io::Result<()> {
    let Some((child, sink)) = next else {
        return Ok(());
    };
    drop(sink);
    match waitpid(child, None)? {
        WaitStatus::Exited(_, 0) => Ok(()),
        status => Err(io::Error::other(format!("{status:?}"))),
    }
}

fn main() -> ExitCode {
    drive(sieve)
}
