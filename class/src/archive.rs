//! Archives: the files of a submission, read from a zip or tar file into memory.
//!
//! Nothing is ever unpacked to the disk, so a path or a link in an archive can lead nowhere. What an archive may cost is bounded before
//! it is paid: members, bytes after decompression, bytes of one file, bytes kept. An archive beyond a bound, or with a path that leads out
//! of it, is refused as a whole, with words for the student.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use grader::submission::LARGEST_SOURCE;

mod tar;
mod zip;

/// Members that an archive may have. A course with everything that cargo has built is a few thousand.
pub(crate) const MOST_MEMBERS: u64 = 50_000;

/// Bytes that a compressed tar file may have after decompression: all of it must be read to find its members.
pub(crate) const MOST_UNPACKED: u64 = 1024 * 1024 * 1024;

/// Bytes of all files that are kept of one archive.
pub(crate) const MOST_KEPT: u64 = 32 * 1024 * 1024;

/// Bytes of a member's name.
const LONGEST_NAME: u64 = 4096;

/// Why an archive is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    /// It cannot be read, and that is not its own fault.
    #[error("the archive cannot be read: {0}")]
    Machine(#[source] io::Error),
    /// Its end is missing, or it contradicts itself.
    #[error("the archive is damaged ({0}); pack it again")]
    Damaged(String),
    /// A format that is not read.
    #[error("{0}; pack the folder `labs` as .zip, .tar or .tar.gz")]
    Format(&'static str),
    /// There are too many members.
    #[error("the archive has more than {MOST_MEMBERS} files; pack only the folder `labs`")]
    Members,
    /// It would be too large.
    #[error("the archive holds more than {} MiB; pack only the folder `labs`", MOST_UNPACKED / 1024 / 1024)]
    Unpacked,
    /// There are too many files with the names of exercises.
    #[error("the archive has more than {} MiB of files with the names of exercises", MOST_KEPT / 1024 / 1024)]
    Kept,
    /// A path leads out of the archive.
    #[error("the archive has a path that leads out of it: {0:?}; pack the folder `labs` again")]
    Outside(String),
}

/// What a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// A regular file that was read.
    Bytes(Vec<u8>),
    /// A regular file that is larger than an answer may be.
    TooLarge,
    /// A link: it has no text of its own.
    Link,
    /// A device or the like, or a file that is encrypted.
    Strange(&'static str),
}

/// A member that was wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its path with `/`, without `.` and empty parts.
    pub(crate) path: String,
    /// What it is.
    pub(crate) content: Content,
}

/// Whether a file's name is that of an archive, or of one that is not read.
pub(crate) fn is_archive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        ".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tar.zst", ".7z", ".rar",
    ]
    .iter()
    .any(|end| name.ends_with(end))
}

/// Reads the wanted members of an archive, in its order. What it is, its first bytes say, not its name.
///
/// # Errors
/// When it is refused or cannot be read.
pub(crate) fn read(
    path: &Path,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Member>, ArchiveError> {
    let mut file = File::open(path).map_err(ArchiveError::Machine)?;
    let data = file.metadata().map_err(ArchiveError::Machine)?;
    if !data.is_file() {
        return Err(ArchiveError::Format("it is not a regular file"));
    }
    let mut first = Vec::new();
    Read::by_ref(&mut file)
        .take(512)
        .read_to_end(&mut first)
        .map_err(ArchiveError::Machine)?;
    let mut kept = Kept {
        members: Vec::new(),
        bytes: 0,
        wanted,
    };
    match first.as_slice() {
        [b'P', b'K', ..] => zip::read(file, data.len(), &mut kept)?,
        [0x1f, 0x8b, ..] => {
            let file = File::open(path).map_err(ArchiveError::Machine)?;
            tar::read(flate2::read::MultiGzDecoder::new(file), &mut kept)?;
        }
        [0xfd, b'7', b'z', b'X', b'Z', ..] => {
            return Err(ArchiveError::Format("the archive is compressed by xz"));
        }
        [b'B', b'Z', b'h', ..] => {
            return Err(ArchiveError::Format("the archive is compressed by bzip2"));
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            return Err(ArchiveError::Format("the archive is compressed by zstd"));
        }
        [b'7', b'z', ..] => return Err(ArchiveError::Format("the archive is a 7z file")),
        [b'R', b'a', b'r', b'!', ..] => {
            return Err(ArchiveError::Format("the archive is a rar file"));
        }
        head if head.len() == 512 && tar::is_header(head) => {
            let file = File::open(path).map_err(ArchiveError::Machine)?;
            tar::read(file, &mut kept)?;
        }
        _ => return Err(ArchiveError::Format("the file is no zip or tar archive")),
    }
    Ok(kept.members)
}

/// The members that are kept, and what they cost so far.
struct Kept<'a> {
    members: Vec<Member>,
    bytes: u64,
    wanted: &'a dyn Fn(&str) -> bool,
}

impl Kept<'_> {
    fn wants(&self, path: &str) -> bool {
        (self.wanted)(path)
    }

    fn put(&mut self, path: String, content: Content) -> Result<(), ArchiveError> {
        if let Content::Bytes(bytes) = &content {
            self.bytes += bytes.len() as u64;
        }
        // Links and the like cost a little, too.
        self.bytes += path.len() as u64;
        if self.bytes > MOST_KEPT {
            return Err(ArchiveError::Kept);
        }
        self.members.push(Member { path, content });
        Ok(())
    }

    /// Reads a regular file, as far as an answer may be long.
    fn put_file(&mut self, path: String, file: impl Read) -> Result<(), ArchiveError> {
        let mut bytes = Vec::new();
        let read = file.take(LARGEST_SOURCE + 1).read_to_end(&mut bytes);
        read.map_err(damaged)?;
        let content = if bytes.len() as u64 > LARGEST_SOURCE {
            Content::TooLarge
        } else {
            Content::Bytes(bytes)
        };
        self.put(path, content)
    }
}

/// A member's path in the only form in which it is used. Archives made on Windows have backslashes.
fn normal(name: &[u8]) -> Result<String, ArchiveError> {
    let name = String::from_utf8_lossy(name).replace('\\', "/");
    let parts: Vec<&str> = name
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    let has_drive = parts.first().is_some_and(|part| part.ends_with(':'));
    if name.starts_with('/') || has_drive || parts.contains(&"..") {
        return Err(ArchiveError::Outside(name));
    }
    Ok(parts.join("/"))
}

/// An error while a member is read: the archive's own fault, unless the system says otherwise.
fn damaged(error: io::Error) -> ArchiveError {
    if error.raw_os_error().is_some() {
        ArchiveError::Machine(error)
    } else {
        ArchiveError::Damaged(error.to_string())
    }
}

#[cfg(test)]
mod tests;
