//! Variant: a SEQPACKET pair keeps the boundaries of messages, so no newline is needed; `shutdown` hangs up.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use nix::sys::socket::{
    AddressFamily, MsgFlags, Shutdown, SockFlag, SockType, recv, send, shutdown, socketpair,
};
use nix::sys::wait::wait;
use nix::unistd::{ForkResult, fork};
use pipes::request_reply::{Client, Server, drive};

fn converse(client: &mut Client, server: &mut Server) -> io::Result<()> {
    let (near, far) = socketpair(
        AddressFamily::Unix,
        SockType::SeqPacket,
        None,
        SockFlag::SOCK_CLOEXEC,
    )?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        // The child keeps the client's end open, which does no harm here: `shutdown` ends the
        // connection whoever else holds it.
        ForkResult::Child => loop {
            match receive(&far) {
                Ok(command) if command.is_empty() => {
                    server.client_hung_up();
                    leave(0)
                }
                Ok(command) => {
                    if say(&far, &server.execute(&command)).is_err() {
                        leave(1)
                    }
                }
                Err(_) => leave(1),
            }
        },
        ForkResult::Parent { .. } => {
            let mut command = client.first_command();
            while let Some(text) = command {
                say(&near, &text)?;
                command = client.next_command(&receive(&near)?);
            }
            shutdown(near.as_raw_fd(), Shutdown::Write)?;
            wait()?;
            Ok(())
        }
    }
}

/// One packet: a whole command or reply, or nothing at the end.
fn receive(socket: &OwnedFd) -> io::Result<String> {
    let mut packet = vec![0; 4096];
    let size = recv(socket.as_raw_fd(), &mut packet, MsgFlags::empty())?;
    packet.truncate(size);
    String::from_utf8(packet).map_err(io::Error::other)
}

fn say(socket: &OwnedFd, text: &str) -> io::Result<()> {
    send(socket.as_raw_fd(), text.as_bytes(), MsgFlags::empty())?;
    Ok(())
}

fn leave(code: i32) -> ! {
    // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
    unsafe { nix::libc::_exit(code) }
}

fn main() -> ExitCode {
    drive(converse)
}
