//! The open descriptors of a process, with what one must know of each to say who ends a wait for it.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use nix::libc;
use nix::sys::statfs::{FsType, statfs};

use super::sockets::Sockets;
use super::thread::{field, set, signals};
use crate::record::alive::{Awaited, Descriptor, Kind};
use crate::trace::Recorder;

/// The file system of POSIX message queues (`statfs(2)`).
const QUEUES: FsType = FsType(0x1980_0202);

/// The major numbers of pseudoterminals, on the side that programs are in (`pty(7)`).
const TERMINALS: std::ops::RangeInclusive<libc::c_uint> = 136..=143;

/// The open descriptors, by number.
pub(super) fn of(pid: i32, recorder: Option<&Recorder>, sockets: &Sockets) -> Vec<Descriptor> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return Vec::new();
    };
    let describe = |entry: fs::DirEntry| {
        let number = entry.file_name().to_str()?.parse().ok()?;
        described(pid, number, &entry.path(), recorder, sockets)
    };
    let mut descriptors: Vec<Descriptor> = entries.flatten().filter_map(describe).collect();
    descriptors.sort_by_key(|descriptor| descriptor.number);
    descriptors
}

fn described(
    pid: i32,
    number: i32,
    path: &Path,
    recorder: Option<&Recorder>,
    sockets: &Sockets,
) -> Option<Descriptor> {
    let mut object = fs::read_link(path).ok()?.to_string_lossy().into_owned();
    // The link's own permission bits say how the descriptor was opened (`proc_pid_fd(5)`).
    let mode = fs::symlink_metadata(path).ok()?.mode();
    let data = fs::metadata(path).ok()?;
    let kind = if data.file_type().is_fifo() {
        if object.starts_with("pipe:") {
            Kind::Pipe
        } else {
            Kind::Fifo
        }
    } else if data.file_type().is_socket() {
        Kind::Socket {
            peer: sockets.peer(pid, data.ino()),
        }
    } else if let Some(anonymous) = object.strip_prefix("anon_inode:") {
        let anonymous = anonymous.trim_matches(['[', ']']).to_owned();
        let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{number}")).ok()?;
        if let Some(id) = field(&info, "eventfd-id:") {
            object = format!("eventfd:[{id}]");
        }
        anonymous_kind(&anonymous, &info)
    } else if data.file_type().is_file() {
        match statfs(path) {
            Ok(system) if system.filesystem_type() == QUEUES => Kind::Queue,
            _ => Kind::File,
        }
    } else if data.file_type().is_char_device() && TERMINALS.contains(&libc::major(data.rdev())) {
        Kind::Terminal
    } else {
        Kind::Other
    };
    Some(Descriptor {
        number,
        object,
        traced: recorder.and_then(|it| it.object_at(data.dev(), data.ino())),
        reads: mode & 0o400 != 0,
        writes: mode & 0o200 != 0,
        kind,
    })
}

fn anonymous_kind(name: &str, info: &str) -> Kind {
    match name {
        "eventfd" => Kind::Event,
        "signalfd" => match field(info, "sigmask:").and_then(set) {
            Some(set) => Kind::Signals {
                signals: signals(set),
            },
            None => Kind::Other,
        },
        "pidfd" => match field(info, "Pid:").and_then(|pid| pid.parse().ok()) {
            Some(pid) => Kind::Process { pid },
            None => Kind::Other,
        },
        // `it_value: (seconds, nanoseconds)`: what is left.
        "timerfd" => Kind::Timer {
            armed: field(info, "it_value:") != Some("(0, 0)"),
        },
        "eventpoll" => Kind::Set {
            watched: info.lines().flat_map(registered).collect(),
        },
        _ => Kind::Other,
    }
}

/// A line of an epoll set: `tfd: 5 events: 19 data: …`, the events in hexadecimal.
fn registered(line: &str) -> Vec<Awaited> {
    let Some(rest) = line.strip_prefix("tfd:") else {
        return Vec::new();
    };
    let mut words = rest.split_whitespace();
    let descriptor = words.next().and_then(|number| number.parse().ok());
    let events = words.nth(1).and_then(|it| u32::from_str_radix(it, 16).ok());
    match (descriptor, events) {
        (Some(descriptor), Some(events)) => {
            let [low, high, ..] = events.to_le_bytes();
            watched(descriptor, i16::from_le_bytes([low, high]))
        }
        _ => vec![Awaited::Other],
    }
}

/// What events of `poll(2)` wait for; those of `epoll(7)` are the same bits.
pub(super) fn watched(descriptor: i32, events: i16) -> Vec<Awaited> {
    let mut awaited = Vec::new();
    if events & libc::POLLOUT == 0 || events & libc::POLLIN != 0 {
        // Without any event it is the hang-up that is waited for, which whoever could write brings about.
        awaited.push(Awaited::Data { descriptor });
    }
    if events & libc::POLLOUT != 0 {
        awaited.push(Awaited::Room { descriptor });
    }
    awaited
}

/// The path of the FIFO that a process opens by this path, as descriptors have it; `None` where it is none.
pub(super) fn fifo_at(pid: i32, folder: i32, path: &str) -> Option<String> {
    let base = if path.starts_with('/') {
        PathBuf::from(format!("/proc/{pid}/root"))
    } else if folder == libc::AT_FDCWD {
        PathBuf::from(format!("/proc/{pid}/cwd"))
    } else {
        PathBuf::from(format!("/proc/{pid}/fd/{folder}"))
    };
    let path = fs::canonicalize(base.join(path.trim_start_matches('/'))).ok()?;
    let is_fifo = fs::metadata(&path).ok()?.file_type().is_fifo();
    is_fifo.then(|| path.to_string_lossy().into_owned())
}
