//! Mistake: the server asks one connection after the other whether there is something, again and again.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;

use nix::sys::socket::{MsgFlags, recv, send};
use queues::manager_list::{LONGEST, List, drive};

fn serve(connections: Vec<OwnedFd>, list: &mut List) -> io::Result<()> {
    let mut connections = connections;
    while !connections.is_empty() {
        let mut still_there = Vec::new();
        for connection in connections {
            if !has_packet(connection.as_fd()) || answer(connection.as_fd(), list)? {
                still_there.push(connection);
            }
        }
        connections = still_there;
    }
    Ok(())
}

/// Looks whether something is there, or the client has hung up, without waiting.
fn has_packet(connection: BorrowedFd<'_>) -> bool {
    let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
    recv(connection.as_raw_fd(), &mut [0], flags).is_ok()
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

/// One packet, into a buffer for the longest: what does not fit would be thrown away.
fn receive(connection: BorrowedFd<'_>) -> io::Result<String> {
    let mut buffer = vec![0; LONGEST];
    let length = recv(connection.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
    buffer.truncate(length);
    String::from_utf8(buffer).map_err(io::Error::other)
}

fn main() -> ExitCode {
    drive(serve, ask)
}
