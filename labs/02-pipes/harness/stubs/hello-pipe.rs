//! Exercise `hello-pipe`: one message from a child to its parent.
//!
//! It shows how a pipe connects two processes after `fork`, why each process closes the end that it
//! does not use, and that "end of file" on a pipe means: nobody has the write end open any more.
//!
//! Calls: pipe(2), fork(2), write(2), read(2), close(2), waitpid(2), _exit(2).
//! Run it: `cargo run -p pipes --bin hello-pipe`, and with 200 KiB: `… --bin hello-pipe 204800`.
//! Edit: the body of `receive_greeting`.

use std::io;
use std::process::ExitCode;

use pipes::hello_pipe::{Greeting, drive};

/// Forks a child that sends the bytes of `greeting.compose()` through a pipe, and returns all bytes that came
/// out of it.
///
/// - The child, not the parent, composes the greeting, writes every byte, and leaves with `_exit(0)`.
/// - The parent reads to the end of file and reaps the child.
/// - The message can be larger than a pipe holds (64 KiB).
fn receive_greeting(greeting: Greeting) -> io::Result<Vec<u8>> {
    // TODO: make a pipe, fork, write in the child, read in the parent, reap the child.
    todo!("send what {greeting:?} composes from a child to its parent")
}

fn main() -> ExitCode {
    drive(receive_greeting)
}
