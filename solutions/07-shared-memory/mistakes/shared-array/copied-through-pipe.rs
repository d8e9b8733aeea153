//! Mistake: the writer fills an array of its own and sends it through a pipe. Every number is copied twice.

use std::fs::File;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, pipe};
use shared_memory::shared_array::{Numbers, drive};

fn share_array(numbers: Numbers) -> io::Result<f64> {
    let (source, sink) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(source);
            let mut array = vec![0.0; numbers.count()];
            numbers.fill(&mut array);
            let bytes: Vec<u8> = array.iter().flat_map(|it| it.to_ne_bytes()).collect();
            let code = i32::from(File::from(sink).write_all(&bytes).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            drop(sink);
            let mut bytes = Vec::new();
            File::from(source).read_to_end(&mut bytes)?;
            waitpid(child, None)?;
            let (sent, _) = bytes.as_chunks();
            let array: Vec<f64> = sent.iter().map(|it| f64::from_ne_bytes(*it)).collect();
            Ok(numbers.sum(&array))
        }
    }
}

fn main() -> ExitCode {
    drive(share_array)
}
