//! As much of HTTP/1.1 as a browser, curl or a load tool needs for one request on a connection.
//!
//! Every reply says `Connection: close`: its end is the end of the connection. Requests are bounded: 8 KiB of head, 1 MiB of body.
//! Left out: bodies in chunks (refused with 411), and everything that a client may not demand.

use std::io::{self, BufRead, BufReader, Read, Write};

use crate::patient::Patient;

/// The most bytes of request line and headers.
const LONGEST_HEAD: u64 = 8 * 1024;

/// The most bytes of a body.
const LONGEST_BODY: u64 = 1024 * 1024;

/// A request whose head has been read.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: String,
    pub(crate) path: String,
    length: u64,
    input: BufReader<&'a Patient>,
}

/// Why there is no request.
#[derive(Debug)]
pub(crate) enum NoRequest {
    /// The client has gone, or went away in the middle.
    Gone(io::Error),
    /// It is to be answered with this status.
    Refused(&'static str),
}

impl From<io::Error> for NoRequest {
    fn from(error: io::Error) -> Self {
        Self::Gone(error)
    }
}

impl<'a> Request<'a> {
    /// Reads the head of a request.
    pub(crate) fn read(connection: &'a Patient) -> Result<Self, NoRequest> {
        let mut input = BufReader::new(connection);
        let mut head = input.by_ref().take(LONGEST_HEAD);
        let line = line(&mut head)?;
        let mut words = line.split(' ');
        let (Some(method), Some(path), Some("HTTP/1.1" | "HTTP/1.0"), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(NoRequest::Refused("400 Bad Request"));
        };
        let mut request = (method.to_owned(), path.to_owned(), 0);
        loop {
            let line = self::line(&mut head)?;
            if line.is_empty() {
                break;
            }
            let Some((name, value)) = line.split_once(':') else {
                return Err(NoRequest::Refused("400 Bad Request"));
            };
            if name.eq_ignore_ascii_case("content-length") {
                let length = value.trim().parse().ok();
                request.2 = length.ok_or(NoRequest::Refused("400 Bad Request"))?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                return Err(NoRequest::Refused("411 Length Required"));
            }
        }
        let (method, path, length) = request;
        if length > LONGEST_BODY {
            return Err(NoRequest::Refused("413 Content Too Large"));
        }
        Ok(Self {
            method,
            path,
            length,
            input,
        })
    }

    /// Reads the body to its end, and returns its length.
    pub(crate) fn read_body(&mut self) -> io::Result<u64> {
        let mut body = self.input.by_ref().take(self.length);
        let length = io::copy(&mut body, &mut io::sink())?;
        if length < self.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(length)
    }
}

/// A line of the head, without its end.
fn line(head: &mut impl BufRead) -> Result<String, NoRequest> {
    let mut line = Vec::new();
    head.read_until(b'\n', &mut line)?;
    if line.pop() != Some(b'\n') {
        // Either the client has gone, or it sends a head that never ends.
        let is_long = line.len() > 1024;
        return Err(if is_long {
            NoRequest::Refused("431 Request Header Fields Too Large")
        } else {
            NoRequest::Gone(io::ErrorKind::UnexpectedEof.into())
        });
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map_err(|_| NoRequest::Refused("400 Bad Request"))
}

/// Sends a whole reply, in one piece.
pub(crate) fn reply(
    mut connection: &Patient,
    method: &str,
    status: &str,
    body: &str,
) -> io::Result<()> {
    let length = body.len();
    let allow = if status.starts_with("405") {
        "Allow: GET, HEAD, POST\r\n"
    } else {
        ""
    };
    // HEAD asks for the same head, and no body.
    let body = if method == "HEAD" { "" } else { body };
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n{allow}Connection: close\r\n\r\n{body}"
    );
    connection.write_all(text.as_bytes())
}

/// Sends a reply to a request that was not read to its end. A connection that is closed with unread bytes is reset, and a reset
/// can overtake the reply: so the client is told that nothing follows, and what it still sends is read.
pub(crate) fn refuse(mut connection: &Patient, status: &str) -> io::Result<()> {
    reply(connection, "", status, &format!("{status}\n"))?;
    connection.end_writing()?;
    let mut rest = connection.take(LONGEST_BODY);
    io::copy(&mut rest, &mut io::sink())?;
    connection.flush()
}
