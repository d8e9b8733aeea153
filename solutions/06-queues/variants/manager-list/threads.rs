//! Variant: a thread for each client, which may wait for it as long as it likes, and a lock for the list.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv, send};
use queues::manager_list::{LONGEST, List, drive};

fn serve(connections: Vec<OwnedFd>, list: &mut List) -> io::Result<()> {
    let list = Mutex::new(list);
    thread::scope(|scope| {
        let serve = |connection: OwnedFd| {
            let list = &list;
            scope.spawn(move || converse(connection.as_fd(), list))
        };
        let threads: Vec<_> = connections.into_iter().map(serve).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| io::ErrorKind::Other)?)
    })
}

fn converse(connection: BorrowedFd<'_>, list: &Mutex<&mut List>) -> io::Result<()> {
    while let Some(request) = receive(connection)? {
        let reply = {
            let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
            list.execute(&request)
        };
        transmit(connection, &reply)?;
    }
    Ok(())
}

fn ask(connection: BorrowedFd<'_>, request: &str) -> io::Result<String> {
    transmit(connection, request)?;
    receive(connection)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn transmit(connection: BorrowedFd<'_>, text: &str) -> io::Result<()> {
    send(connection.as_raw_fd(), text.as_bytes(), MsgFlags::MSG_NOSIGNAL)?;
    Ok(())
}

fn receive(connection: BorrowedFd<'_>) -> io::Result<Option<String>> {
    let mut buffer = [0; LONGEST];
    loop {
        match recv(connection.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(0) => return Ok(None),
            Ok(length) => {
                let text = str::from_utf8(&buffer[..length]).map_err(io::Error::other)?;
                return Ok(Some(text.to_owned()));
            }
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn main() -> ExitCode {
    drive(serve, ask)
}
