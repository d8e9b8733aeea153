//! Zip files: the directory at the end says which members there are and where; only wanted ones are decompressed.
//!
//! The format is PKWARE's APPNOTE.TXT. What an answer never needs is not read: more than 65,535 members, files on several disks,
//! encryption, other methods than `stored` and `deflated`.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};

use super::{ArchiveError, Content, Kept, LONGEST_NAME, MOST_MEMBERS, damaged, normal};

/// The directory's last record, and where it can be: before a comment of at most 65,535 bytes.
const END: [u8; 4] = *b"PK\x05\x06";
const END_LENGTH: usize = 22;
const FARTHEST: u64 = 65_535 + END_LENGTH as u64;

/// A record of the directory.
const ENTRY: [u8; 4] = *b"PK\x01\x02";
const ENTRY_LENGTH: usize = 46;

/// The record in front of a member.
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const LOCAL_LENGTH: usize = 30;

/// The bit of a member's flags that says that it is encrypted.
const ENCRYPTED: u16 = 1;

/// The high half of a member's attributes is a file mode where the archive comes from Unix, see inode(7).
const UNIX: u8 = 3;
const FILE_TYPE: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const LINK: u32 = 0o120_000;

/// A record of the directory: what is needed of it.
struct Entry {
    path: String,
    flags: u16,
    method: u16,
    packed: u64,
    unpacked: u64,
    sum: u32,
    offset: u64,
    mode: u32,
}

/// Reads the wanted members.
pub(super) fn read(file: File, length: u64, kept: &mut Kept<'_>) -> Result<(), ArchiveError> {
    let mut file = BufReader::new(file);
    let (count, start) = find_directory(&mut file, length)?;
    if u64::from(count) > MOST_MEMBERS {
        return Err(ArchiveError::Members);
    }
    let mut wanted = Vec::new();
    file.seek(SeekFrom::Start(start)).map_err(damaged)?;
    for _ in 0..count {
        let entry = next_entry(&mut file)?;
        if !entry.path.is_empty() && kept.wants(&entry.path) {
            wanted.push(entry);
        }
    }
    for entry in wanted {
        take(&mut file, entry, kept)?;
    }
    Ok(())
}

/// How many members the directory has, and where it begins.
fn find_directory(file: &mut BufReader<File>, length: u64) -> Result<(u16, u64), ArchiveError> {
    let from = length.saturating_sub(FARTHEST);
    file.seek(SeekFrom::Start(from)).map_err(damaged)?;
    let mut tail = Vec::new();
    file.take(FARTHEST)
        .read_to_end(&mut tail)
        .map_err(damaged)?;
    let last = tail.len().saturating_sub(END_LENGTH);
    let at = (0..=last).rev().find(|at| tail[*at..].starts_with(&END));
    let end = at.and_then(|at| tail.get(at..at + END_LENGTH));
    let end = end.ok_or_else(|| ArchiveError::Damaged("its end is missing".to_owned()))?;
    let count = u16_at(end, 10);
    if count == u16::MAX {
        return Err(ArchiveError::Members);
    }
    Ok((count, u64::from(u32_at(end, 16))))
}

fn next_entry(file: &mut impl Read) -> Result<Entry, ArchiveError> {
    let mut record = [0; ENTRY_LENGTH];
    file.read_exact(&mut record).map_err(damaged)?;
    if record[..4] != ENTRY {
        return Err(ArchiveError::Damaged("its directory is wrong".to_owned()));
    }
    let (name, extra, comment) = (
        u16_at(&record, 28),
        u16_at(&record, 30),
        u16_at(&record, 32),
    );
    if u64::from(name) > LONGEST_NAME {
        return Err(ArchiveError::Damaged("a name is too long".to_owned()));
    }
    let mut bytes = vec![0; usize::from(name)];
    file.read_exact(&mut bytes).map_err(damaged)?;
    let skipped = u64::from(extra) + u64::from(comment);
    io::copy(&mut file.take(skipped), &mut io::sink()).map_err(damaged)?;
    // A folder's name ends with a slash, and it has no content.
    let is_folder = bytes.ends_with(b"/") || bytes.ends_with(b"\\");
    let path = normal(&bytes)?;
    let attributes = u32_at(&record, 38);
    Ok(Entry {
        path: if is_folder { String::new() } else { path },
        flags: u16_at(&record, 8),
        method: u16_at(&record, 10),
        sum: u32_at(&record, 16),
        packed: u64::from(u32_at(&record, 20)),
        unpacked: u64::from(u32_at(&record, 24)),
        offset: u64::from(u32_at(&record, 42)),
        mode: if record[5] == UNIX {
            attributes >> 16
        } else {
            0
        },
    })
}

/// Takes one wanted member.
fn take(file: &mut BufReader<File>, entry: Entry, kept: &mut Kept<'_>) -> Result<(), ArchiveError> {
    let file_type = entry.mode & FILE_TYPE;
    let content = match file_type {
        LINK => Some(Content::Link),
        0 | REGULAR if entry.flags & ENCRYPTED != 0 => Some(Content::Strange("it is encrypted")),
        0 | REGULAR if !matches!(entry.method, 0 | 8) => {
            Some(Content::Strange("it is compressed in an unusual way"))
        }
        0 | REGULAR => None,
        _ => Some(Content::Strange("it is no regular file")),
    };
    if let Some(content) = content {
        return kept.put(entry.path, content);
    }
    let mut record = [0; LOCAL_LENGTH];
    file.seek(SeekFrom::Start(entry.offset)).map_err(damaged)?;
    file.read_exact(&mut record).map_err(damaged)?;
    if record[..4] != LOCAL {
        return Err(ArchiveError::Damaged(
            "its directory leads to nothing".to_owned(),
        ));
    }
    let skipped = i64::from(u16_at(&record, 26)) + i64::from(u16_at(&record, 28));
    file.seek_relative(skipped).map_err(damaged)?;
    let packed = file.take(entry.packed);
    let before = kept.members.len();
    if entry.method == 0 {
        kept.put_file(entry.path, packed)?;
    } else {
        kept.put_file(entry.path, flate2::bufread::DeflateDecoder::new(packed))?;
    }
    verify(kept, before, entry.unpacked, entry.sum)
}

/// Holds a member against the length and the checksum that the directory states.
fn verify(kept: &Kept<'_>, at: usize, length: u64, sum: u32) -> Result<(), ArchiveError> {
    if let Some(Content::Bytes(bytes)) = kept.members.get(at).map(|it| &it.content) {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        if bytes.len() as u64 != length || crc.sum() != sum {
            return Err(ArchiveError::Damaged("a checksum is wrong".to_owned()));
        }
    }
    Ok(())
}

fn u16_at(record: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([record[at], record[at + 1]])
}

fn u32_at(record: &[u8], at: usize) -> u32 {
    let half = |at| u32::from(u16_at(record, at));
    half(at) | half(at + 2) << 16
}
