//! Clients of the driver's: HTTP over real connections, slow where that is wanted, and strict about what they get.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use nix::sys::socket::{setsockopt, sockopt};

/// How many bytes an upload has. Half of it is sent at first.
const UPLOAD: usize = 2000;

/// A client that is connected.
#[derive(Debug)]
pub(crate) struct Client {
    connection: TcpStream,
}

/// What a client got.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// A whole reply: status and body.
    Whole(u16, String),
    /// Nothing, or less than was announced.
    Broken(&'static str),
}

impl Reply {
    /// Whether it is a whole reply with this status.
    pub(crate) fn is(&self, status: u16) -> bool {
        matches!(self, Self::Whole(it, _) if *it == status)
    }

    /// The process that has answered, as the reply says.
    pub(crate) fn process(&self) -> Option<i32> {
        let Self::Whole(200, body) = self else {
            return None;
        };
        body.trim_end().rsplit(' ').next()?.parse().ok()
    }
}

impl Client {
    /// Connects, and says nothing yet.
    pub(crate) fn connect(port: u16) -> io::Result<Self> {
        let connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        Ok(Self { connection })
    }

    /// A request that is complete.
    pub(crate) fn get(port: u16, path: &str) -> io::Result<Self> {
        let mut client = Self::connect(port)?;
        client.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
        Ok(client)
    }

    /// An upload of which half is sent: whoever takes it has to wait for the other half.
    pub(crate) fn upload(port: u16, number: u32) -> io::Result<Self> {
        let mut client = Self::connect(port)?;
        let head = format!(
            "POST /upload/{number} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {UPLOAD}\r\n\r\n"
        );
        client.send(head.as_bytes());
        client.send(&[b'.'; UPLOAD / 2]);
        Ok(client)
    }

    /// The other half.
    pub(crate) fn send_the_rest(&mut self) {
        self.send(&[b'.'; UPLOAD / 2]);
    }

    /// A server that has gone shows in the reply.
    fn send(&mut self, bytes: &[u8]) {
        let _ = self.connection.write_all(bytes);
    }

    /// Reads to the end of the connection.
    pub(crate) fn receive(mut self) -> Reply {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        let how = loop {
            match self.connection.read(&mut buffer) {
                Ok(0) => break "closed",
                Ok(length) => bytes.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break "reset",
            }
        };
        whole(&bytes).unwrap_or(Reply::Broken(how))
    }

    /// Sends the rest and reads the reply.
    pub(crate) fn finish(mut self) -> Reply {
        self.send_the_rest();
        self.receive()
    }

    /// Goes away in the middle: the server's side is reset.
    pub(crate) fn abort(self) {
        // Closed with a linger time of zero, a connection is reset instead of ended.
        let linger = nix::libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        let _ = setsockopt(&self.connection, sockopt::Linger, &linger);
    }
}

/// A reply that is complete: as many bytes of body as its head announces.
fn whole(bytes: &[u8]) -> Option<Reply> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?;
    let status = status.split(' ').next()?.parse().ok()?;
    let length: usize = lines
        .find_map(|line| line.strip_prefix("Content-Length: "))?
        .parse()
        .ok()?;
    (body.len() == length).then(|| Reply::Whole(status, body.to_owned()))
}

/// A whole exchange.
pub(crate) fn get(port: u16, path: &str) -> Reply {
    match Client::get(port, path) {
        Ok(client) => client.receive(),
        Err(_) => Reply::Broken("refused"),
    }
}
