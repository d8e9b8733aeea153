//! Who is at the other end of a socket.
//!
//! For sockets of `unix(7)` the kernel is asked by `sock_diag(7)`, for those of the internet `/proc/PID/net` says it. Both are asked
//! once for a description, when the first socket comes up.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;

use nix::errno::Errno;
use nix::libc;

use crate::record::alive::Peer;
use crate::trace::memory;

/// The message that asks for sockets, and the one that answers.
const SOCK_DIAG_BY_FAMILY: u16 = 20;

/// What is asked about each socket: its name, the inode of its path, its peer, connections that nobody has accepted.
const SHOW: u32 = 1 | 2 | 4 | 8;

/// Attributes of an answer.
const NAME: u16 = 0;
const INODE: u16 = 1;
const PEER: u16 = 2;
const WAITING: u16 = 3;

/// The states of a socket that listens, for `unix(7)` and `tcp(7)` alike.
const LISTENS: u8 = 10;

/// The states of `tcp(7)` in which a connection is being made: SYN_SENT, SYN_RECV, NEW_SYN_RECV.
const CONNECTING: [u8; 3] = [2, 3, 12];

/// More than this is not read: a host has thousands of sockets, not millions.
const MOST_MESSAGES: usize = 10_000;

/// The sockets of the host, looked up when the first one is asked for.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    /// Those of `unix(7)`, by inode; `None` where the kernel does not say.
    unix: OnceCell<Option<HashMap<u64, Unix>>>,
    internet: OnceCell<Internet>,
    /// The sockets that were asked for: those of the run.
    asked: RefCell<HashSet<u64>>,
}

/// A socket of `unix(7)`.
#[derive(Debug, Default)]
struct Unix {
    kind: u8,
    state: u8,
    /// The inode of the other end; 0 for one that nobody has accepted.
    peer: Option<u64>,
    /// The inodes of those who wait to be accepted.
    waiting: Vec<u64>,
    name: Vec<u8>,
    /// The inode of the path that it is bound to.
    path: Option<u64>,
}

#[derive(Debug, Default)]
struct Internet {
    streams: Vec<Line>,
    datagrams: Vec<Line>,
}

/// A line of `/proc/net/tcp` and its like.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    local: Address,
    remote: Address,
    state: u8,
    /// Bytes that the other side has not confirmed yet.
    queued: u64,
    inode: u64,
}

/// What the kernel has still to do for the connections of a run, although nobody runs: it sends late what is little, asks
/// again for what got lost, and completes connections in its own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flight {
    /// Nothing.
    Nothing,
    /// To bring data to the other side, if that takes it.
    Data,
    /// To make a connection.
    Connection,
}

/// An address as the kernel prints it, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Address {
    host: String,
    port: u16,
}

impl Sockets {
    /// The other end of a process's socket of this inode.
    pub(super) fn peer(&self, pid: i32, inode: u64) -> Peer {
        let internet = self.internet(pid);
        self.asked.borrow_mut().insert(inode);
        if let Some(line) = internet.streams.iter().find(|it| it.inode == inode) {
            return internet.stream_peer(line);
        }
        if let Some(line) = internet.datagrams.iter().find(|it| it.inode == inode) {
            let other = internet.datagrams.iter().find(|it| it.local == line.remote);
            return other.map_or(Peer::Anybody, |it| identity(it.inode));
        }
        let Some(unix) = self.unix(pid) else {
            return Peer::Unknown;
        };
        let Some(socket) = unix.get(&inode) else {
            return Peer::Outside;
        };
        match socket.peer {
            _ if socket.state == LISTENS => Peer::Listens,
            // The other end of a pair may have gone, and nobody is told: a datagram has no end of file.
            None | Some(0) if i32::from(socket.kind) == libc::SOCK_DGRAM => Peer::Anybody,
            Some(0) => {
                let accepts = |(_, it): &(&u64, &Unix)| it.waiting.contains(&inode);
                unix.iter().find(accepts).map_or(Peer::Outside, |(it, _)| {
                    Peer::Unaccepted(format!("socket:[{it}]"))
                })
            }
            Some(peer) => identity(peer),
            None => Peer::Nobody,
        }
    }

    /// What is under way between the connections of the internet that were asked for. Those that were closed are found by their
    /// ports, because they are nobody's any more.
    pub(super) fn flight(&self) -> Flight {
        let Some(internet) = self.internet.get() else {
            return Flight::Nothing;
        };
        let asked = self.asked.borrow();
        let own = internet
            .streams
            .iter()
            .filter(|it| asked.contains(&it.inode));
        let ports: HashSet<u16> = own.flat_map(|it| [it.local.port, it.remote.port]).collect();
        let mut flight = Flight::Nothing;
        for line in &internet.streams {
            let is_own = ports.contains(&line.local.port) || ports.contains(&line.remote.port);
            if is_own && CONNECTING.contains(&line.state) {
                return Flight::Connection;
            }
            // For a socket that listens the figure is another one.
            if is_own && line.state != LISTENS && line.queued > 0 {
                flight = Flight::Data;
            }
        }
        flight
    }

    /// The identity of the socket that listens at the address to which a process connects. One of the internet comes by itself, or
    /// not at all: the kernel tries again and again.
    pub(super) fn listener(&self, pid: i32, address: u64) -> Option<String> {
        let family = memory::bytes(pid, address).map(u16::from_ne_bytes)?;
        if i32::from(family) != libc::AF_UNIX {
            return None;
        }
        let inode = self.unix_listener(pid, address.checked_add(2)?)?;
        Some(format!("socket:[{inode}]"))
    }

    fn unix_listener(&self, pid: i32, name: u64) -> Option<u64> {
        let unix = self.unix(pid)?;
        let first: [u8; 1] = memory::bytes(pid, name)?;
        let mut listening = unix.iter().filter(|(_, it)| it.state == LISTENS);
        if first == [0] {
            // An abstract name may hold anything and has no end; it is compared as far as it is text.
            let rest = memory::text(pid, name + 1)?;
            let is_it =
                |it: &Unix| it.name.split(|byte| *byte == 0).nth(1) == Some(rest.as_bytes());
            return listening.find(|(_, it)| is_it(it)).map(|(inode, _)| *inode);
        }
        let path = memory::text(pid, name)?;
        let base = if path.starts_with('/') { "root" } else { "cwd" };
        let path = format!("/proc/{pid}/{base}/{}", path.trim_start_matches('/'));
        let inode = fs::metadata(path).ok()?.ino();
        let found = listening.find(|(_, it)| it.path == Some(inode));
        found.map(|(inode, _)| *inode)
    }

    fn unix(&self, pid: i32) -> Option<&HashMap<u64, Unix>> {
        let ask = || {
            // The kernel answers for the network that the asker is in.
            let network = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/net")).ok();
            if network("self") != network(&pid.to_string()) {
                return None;
            }
            ask_for_unix().ok()
        };
        self.unix.get_or_init(ask).as_ref()
    }

    fn internet(&self, pid: i32) -> &Internet {
        self.internet.get_or_init(|| {
            let read = |names: [&str; 2]| {
                let lines = names.map(|name| {
                    let text = fs::read_to_string(format!("/proc/{pid}/net/{name}"));
                    let text = text.unwrap_or_default();
                    text.lines().filter_map(Line::parse).collect::<Vec<_>>()
                });
                lines.into_iter().flatten().collect()
            };
            Internet {
                streams: read(["tcp", "tcp6"]),
                datagrams: read(["udp", "udp6"]),
            }
        })
    }
}

fn identity(inode: u64) -> Peer {
    Peer::Socket(format!("socket:[{inode}]"))
}

impl Internet {
    fn stream_peer(&self, line: &Line) -> Peer {
        if line.state == LISTENS {
            return Peer::Listens;
        }
        let mut others = self.streams.iter();
        let other = others.find(|it| it.local == line.remote && it.remote == line.local);
        match other {
            None => Peer::Outside,
            // Nobody has accepted it yet.
            Some(Line { inode: 0, .. }) => {
                let listens = |it: &&Line| it.state == LISTENS && it.local.port == line.remote.port;
                let listener = self.streams.iter().find(listens);
                listener.map_or(Peer::Outside, |it| {
                    Peer::Unaccepted(format!("socket:[{}]", it.inode))
                })
            }
            Some(other) => identity(other.inode),
        }
    }
}

impl Line {
    /// `0: 0100007F:1F90 0100007F:A2C4 01 00000000:00000000 00:00000000 00000000 0 0 4711 …`
    fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        Some(Self {
            local: Address::parse(words.get(1)?)?,
            remote: Address::parse(words.get(2)?)?,
            state: u8::from_str_radix(words.get(3)?, 16).ok()?,
            queued: u64::from_str_radix(words.get(4)?.split(':').next()?, 16).ok()?,
            inode: words.get(9)?.parse().ok()?,
        })
    }
}

impl Address {
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.split_once(':')?;
        // An address of the fourth version, written as one of the sixth.
        let host = host
            .strip_prefix("0000000000000000FFFF0000")
            .unwrap_or(host);
        Some(Self {
            host: host.to_owned(),
            port: u16::from_str_radix(port, 16).ok()?,
        })
    }
}

/// Asks the kernel for all sockets of `unix(7)`.
fn ask_for_unix() -> io::Result<HashMap<u64, Unix>> {
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC;
    // SAFETY: the call makes a descriptor and touches no memory.
    let socket = unsafe { libc::socket(libc::AF_NETLINK, kind, libc::NETLINK_SOCK_DIAG) };
    let socket = Errno::result(socket)?;
    // SAFETY: the descriptor is new, and nobody else has it.
    let mut socket = File::from(unsafe { OwnedFd::from_raw_fd(socket) });
    socket.write_all(&question())?;
    let mut sockets = HashMap::new();
    let mut buffer = vec![0; 64 * 1024];
    for _ in 0..MOST_MESSAGES {
        let count = match socket.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            count => count?,
        };
        let mut rest = &buffer[..count];
        while let Some((kind, body, next)) = message(rest) {
            match i32::from(kind) {
                libc::NLMSG_DONE => return Ok(sockets),
                libc::NLMSG_ERROR => return Err(io::Error::other("the kernel does not say")),
                _ => sockets.extend(answer(body)),
            }
            rest = next;
        }
    }
    Ok(sockets)
}

/// The question: a header of `netlink(7)`, then `struct unix_diag_req`.
fn question() -> Vec<u8> {
    const LENGTH: u32 = 16 + 24;
    let flags = libc::NLM_F_REQUEST | libc::NLM_F_DUMP;
    let mut bytes = Vec::new();
    bytes.extend(LENGTH.to_ne_bytes());
    bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    bytes.extend(u16::try_from(flags).unwrap_or_default().to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend([u8::try_from(libc::AF_UNIX).unwrap_or_default(), 0, 0, 0]);
    // In any state; no particular one.
    bytes.extend(u32::MAX.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend(SHOW.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes
}

/// The type and body of the first message, and what follows it.
fn message(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let length = usize::try_from(word(bytes, 0)?).ok()?;
    let kind = u16::from_ne_bytes([*bytes.get(4)?, *bytes.get(5)?]);
    let body = bytes.get(16..length)?;
    let next = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some((kind, body, next))
}

/// A socket: `struct unix_diag_msg`, then attributes.
fn answer(body: &[u8]) -> Option<(u64, Unix)> {
    let mut socket = Unix {
        kind: *body.get(1)?,
        state: *body.get(2)?,
        ..Unix::default()
    };
    let inode = u64::from(word(body, 4)?);
    let mut rest = body.get(16..)?;
    while let Some([a, b, c, d]) = rest.get(..4) {
        let length = usize::from(u16::from_ne_bytes([*a, *b]));
        let Some(value) = rest.get(4..length) else {
            break;
        };
        match u16::from_ne_bytes([*c, *d]) {
            NAME => socket.name = value.to_vec(),
            INODE => socket.path = word(value, 0).map(u64::from),
            PEER => socket.peer = word(value, 0).map(u64::from),
            WAITING => {
                let inodes = value.chunks_exact(4).filter_map(|it| word(it, 0));
                socket.waiting = inodes.map(u64::from).collect();
            }
            _ => {}
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Some((inode, socket))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_ne_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_both_versions_are_one() {
        let old = Address::parse("0100007F:1F90").unwrap();
        let new = Address::parse("0000000000000000FFFF00000100007F:1F90").unwrap();
        assert_eq!(old, new);
        assert_eq!(old.port, 8080);
    }

    fn streams(lines: &[&str]) -> Sockets {
        let sockets = Sockets::default();
        let streams = lines.iter().filter_map(|it| Line::parse(it)).collect();
        let internet = Internet {
            streams,
            ..Internet::default()
        };
        sockets.internet.set(internet).unwrap();
        sockets
    }

    #[test]
    fn what_the_kernel_has_still_to_bring_is_seen() {
        let one = "0: 0100007F:1F90 0100007F:A2C4 01 00000000:00000000 00:00000000 00000000 0 0 11";
        let other =
            "1: 0100007F:A2C4 0100007F:1F90 01 0000000A:00000000 01:00000014 00000000 0 0 12";
        let closed =
            "2: 0100007F:A2C6 0100007F:1F90 04 00000001:00000000 01:00000014 00000000 0 0 0";
        let begun =
            "3: 0100007F:1F90 0100007F:A2C8 03 00000000:00000000 01:00000014 00000000 0 0 0";
        let stranger =
            "4: 0100007F:0050 0100007F:0051 02 00000009:00000000 01:00000014 00000000 0 0 13";
        for (lines, flight) in [
            (&[one] as &[&str], Flight::Nothing),
            (&[one, other], Flight::Data),
            (&[one, closed], Flight::Data),
            (&[one, other, begun], Flight::Connection),
            (&[one, stranger], Flight::Nothing),
        ] {
            let sockets = streams(lines);
            sockets.peer(0, 11);
            assert_eq!(sockets.flight(), flight, "{lines:?}");
        }
    }

    #[test]
    fn answers_that_are_cut_are_read_as_far_as_they_go() {
        assert!(message(&[]).is_none());
        assert!(answer(&[1, 1, 10]).is_none());
        let mut body = vec![1, 1, 10, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        body.extend([8, 0, 2, 0, 9, 0]);
        let (inode, socket) = answer(&body).unwrap();
        assert_eq!((inode, socket.state, socket.peer), (7, 10, None));
        body.extend([0, 0]);
        assert_eq!(answer(&body).unwrap().1.peer, Some(9));
    }
}
