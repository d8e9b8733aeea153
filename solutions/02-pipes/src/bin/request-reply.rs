//! Reference answer of `request-reply`.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use pipes::request_reply::{Client, Server, drive};

fn converse(client: &mut Client, server: &mut Server) -> io::Result<()> {
    // Either end can be read and written. Which one is whose is only a matter of who closes which.
    let (client_end, server_end) = socketpair(
        AddressFamily::Unix,
        SockType::Stream,
        None,
        SockFlag::empty(),
    )?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            // Otherwise this process itself would keep the client's end open, and never see it hang up.
            drop(client_end);
            let code = i32::from(serve(server, server_end.into()).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            // Otherwise a server that dies would leave the client waiting for its reply.
            drop(server_end);
            let asked = ask(client, client_end.into());
            // `ask` has closed the client's end: the server sees the end of file and ends.
            waitpid(child, None)?;
            asked
        }
    }
}

fn ask(client: &mut Client, mut stream: UnixStream) -> io::Result<()> {
    let mut replies = BufReader::new(stream.try_clone()?).lines();
    let mut command = client.first_command();
    while let Some(text) = command {
        // The newline ends the command, and no buffer of ours holds it back: the server can answer.
        stream.write_all(format!("{text}\n").as_bytes())?;
        let reply = replies.next().ok_or(io::ErrorKind::UnexpectedEof)??;
        command = client.next_command(&reply);
    }
    Ok(())
}

fn serve(server: &mut Server, mut stream: UnixStream) -> io::Result<()> {
    for command in BufReader::new(stream.try_clone()?).lines() {
        let reply = server.execute(&command?);
        stream.write_all(format!("{reply}\n").as_bytes())?;
    }
    server.client_hung_up();
    Ok(())
}

fn main() -> ExitCode {
    drive(converse)
}
