//! Variant: `select` instead of `poll`, and `recvmsg`, which tells whether a packet was cut off.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;

use nix::sys::select::{FdSet, select};
use nix::sys::socket::{MsgFlags, recvmsg, sendmsg};
use queues::manager_list::{LONGEST, List, drive};

fn serve(connections: Vec<OwnedFd>, list: &mut List) -> io::Result<()> {
    let mut connections: Vec<Option<OwnedFd>> = connections.into_iter().map(Some).collect();
    while connections.iter().any(Option::is_some) {
        let mut waiting = FdSet::new();
        for connection in connections.iter().flatten() {
            waiting.insert(connection.as_fd());
        }
        select(None, &mut waiting, None, None, None)?;
        let ready: Vec<bool> = connections
            .iter()
            .map(|it| it.as_ref().is_some_and(|it| waiting.contains(it.as_fd())))
            .collect();
        for (connection, _) in connections.iter_mut().zip(ready).filter(|(_, ready)| *ready) {
            let Some(open) = connection else { continue };
            match receive(open.as_fd())? {
                Some(request) => transmit(open.as_fd(), &list.execute(&request))?,
                None => *connection = None,
            }
        }
    }
    Ok(())
}

fn ask(connection: BorrowedFd<'_>, request: &str) -> io::Result<String> {
    transmit(connection, request)?;
    receive(connection)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn transmit(connection: BorrowedFd<'_>, text: &str) -> io::Result<()> {
    let parts = [IoSlice::new(text.as_bytes())];
    let descriptor = connection.as_raw_fd();
    sendmsg::<()>(descriptor, &parts, &[], MsgFlags::empty(), None)?;
    Ok(())
}

fn receive(connection: BorrowedFd<'_>) -> io::Result<Option<String>> {
    let mut buffer = vec![0; LONGEST];
    let mut parts = [IoSliceMut::new(&mut buffer)];
    let packet = recvmsg::<()>(connection.as_raw_fd(), &mut parts, None, MsgFlags::empty())?;
    if packet.flags.contains(MsgFlags::MSG_TRUNC) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let length = packet.bytes;
    buffer.truncate(length);
    let text = String::from_utf8(buffer).map_err(io::Error::other)?;
    Ok((length > 0).then_some(text))
}

fn main() -> ExitCode {
    drive(serve, ask)
}
