//! Exercise `request-reply`: questions one way, answers the other.
//!
//! It shows how a pair of connected sockets serves both directions, how two sides take turns, and how
//! a missing newline, a full buffer that nobody flushes, or one open end too many makes both of them
//! wait for ever.
//!
//! Calls: socketpair(2), fork(2), read(2), write(2), shutdown(2), close(2), waitpid(2), _exit(2).
//! Run it: `cargo run -p pipes --bin request-reply 7 6 5`.
//! Edit: the body of `converse`.

use std::io;
use std::process::ExitCode;

use pipes::request_reply::{Client, Server, drive};

/// Forks a server and holds a conversation with it over a socketpair, one line for each command and reply.
///
/// - The parent is the client: it sends `client.first_command()`, receives the reply, passes it to
///   `client.next_command(&reply)`, sends what that returns, and so on. At `None` it hangs up and reaps the child.
/// - The child is the server: it sends back `server.execute(&command)` for each command. At the end of file
///   it calls `server.client_hung_up()` and leaves with `_exit(0)`.
/// - A command needs the reply to the one before, so they cannot all be sent first.
fn converse(client: &mut Client, server: &mut Server) -> io::Result<()> {
    // TODO: make a socketpair, fork, let the two sides talk, hang up, reap the child.
    todo!("let {client:?} talk to {server:?}")
}

fn main() -> ExitCode {
    drive(converse)
}
