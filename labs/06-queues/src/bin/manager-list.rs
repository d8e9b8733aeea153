//! Exercise `manager-list`: a process that owns a list.
//!
//! It shows how processes share data without sharing memory: one of them has it, and the others ask it to do something with it. And
//! it shows the duty of every server with several clients: not to wait for one of them while another has something to say.
//!
//! Calls: poll(2), recv(2), send(2), close(2); see also unix(7) on SOCK_SEQPACKET.
//! Run it: `cargo run -p queues --bin manager-list`, with 4 clients, 5 items each, of up to 3,000 bytes: `… -- 4 5 3000`.
//! Edit: the bodies of `serve` and `ask`.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::process::ExitCode;

use queues::manager_list::{LONGEST, List, drive};

/// The server: executes the requests that come over the connections, until all clients have hung up.
///
/// - A connection is a socket of the type SEQPACKET: one `recv` gets one request, whole, and one `send` is one reply. Both are text,
///   `LONGEST` bytes at most.
/// - Whoever has asked gets the reply of `list.execute`, at once. A client that is silent, for however long, keeps nobody waiting.
/// - A request of no bytes says that the client has hung up. While nobody asks, the server sleeps.
fn serve(connections: Vec<OwnedFd>, list: &mut List) -> io::Result<()> {
    // TODO: wait for all connections at once; receive, execute, reply; forget who has hung up.
    todo!("serve {connections:?} with {list:?}, up to {LONGEST} bytes at a time")
}

/// A client: sends a request over its connection and returns the reply.
fn ask(connection: BorrowedFd<'_>, request: &str) -> io::Result<String> {
    // TODO: send the request, receive the reply.
    todo!("ask {request:?} over {connection:?}")
}

fn main() -> ExitCode {
    drive(serve, ask)
}
