//! Tar files: headers of 512 bytes, each followed by its member, see tar(5).

use std::io::{self, Read};

use super::{
    ArchiveError, Content, Kept, LONGEST_NAME, MOST_MEMBERS, MOST_UNPACKED, damaged, normal,
};

/// A header's and a block's length.
const BLOCK: usize = 512;

/// Bytes of a member's extended header that are read: more than its longest name is of no use.
const LONGEST_EXTENSION: u64 = 64 * 1024;

/// Whether these 512 bytes are a header: its checksum says so.
pub(super) fn is_header(block: &[u8]) -> bool {
    let Some(stated) = octal(&block[148..156]) else {
        return false;
    };
    // The sum is made as if its own field were spaces.
    let sum = block.iter().enumerate().map(|(at, byte)| match at {
        148..156 => u64::from(b' '),
        _ => u64::from(*byte),
    });
    sum.sum::<u64>() == stated
}

/// Reads the wanted members.
pub(super) fn read(source: impl Read, kept: &mut Kept<'_>) -> Result<(), ArchiveError> {
    let mut source = Total {
        source,
        left: MOST_UNPACKED,
    };
    let mut members = 0;
    let mut long_name: Option<Vec<u8>> = None;
    let mut is_first = true;
    while let Some(block) = next_block(&mut source)? {
        if block.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        if !is_header(&block) {
            return Err(if is_first {
                ArchiveError::Format("the file is no zip or tar archive")
            } else {
                ArchiveError::Damaged("a header's checksum is wrong".to_owned())
            });
        }
        is_first = false;
        members += 1;
        if members > MOST_MEMBERS {
            return Err(ArchiveError::Members);
        }
        let size = size_of(&block[124..136])?;
        let kind = block[156];
        let mut rest = Read::by_ref(&mut source).take(size);
        match kind {
            b'L' => long_name = Some(bytes(&mut rest, LONGEST_NAME, size)?),
            b'x' => {
                let text = bytes(&mut rest, LONGEST_EXTENSION, size)?;
                long_name = extended_path(&text).or(long_name);
            }
            _ => {
                let name = long_name.take().unwrap_or_else(|| short_name(&block));
                let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
                let path = normal(name)?;
                if kept.wants(&path) {
                    match kind {
                        b'0' | 0 | b'7' => kept.put_file(path, &mut rest)?,
                        b'1' | b'2' => kept.put(path, Content::Link)?,
                        b'5' | b'g' => {}
                        _ => kept.put(path, Content::Strange("it is no regular file"))?,
                    }
                }
            }
        }
        let left = rest.limit();
        let padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        skip(&mut source, left + padding)?;
    }
    Ok(())
}

/// The next 512 bytes; `None` at the end, where some programs leave the two empty blocks out.
fn next_block(source: &mut impl Read) -> Result<Option<[u8; BLOCK]>, ArchiveError> {
    let mut block = [0; BLOCK];
    let mut filled = 0;
    while filled < BLOCK {
        match source.read(&mut block[filled..]).map_err(over)? {
            0 if filled == 0 => return Ok(None),
            0 => return Err(ArchiveError::Damaged("it ends too early".to_owned())),
            count => filled += count,
        }
    }
    Ok(Some(block))
}

fn bytes(source: &mut impl Read, most: u64, size: u64) -> Result<Vec<u8>, ArchiveError> {
    if size > most {
        return Err(ArchiveError::Damaged("a name is too long".to_owned()));
    }
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes).map_err(over)?;
    Ok(bytes)
}

fn skip(source: &mut impl Read, count: u64) -> Result<(), ArchiveError> {
    let skipped = io::copy(&mut source.take(count), &mut io::sink()).map_err(over)?;
    if skipped < count {
        return Err(ArchiveError::Damaged("it ends too early".to_owned()));
    }
    Ok(())
}

fn short_name(block: &[u8; BLOCK]) -> Vec<u8> {
    let until_zero = |field: &[u8]| field.split(|byte| *byte == 0).next().map(<[u8]>::to_vec);
    let name = until_zero(&block[..100]).unwrap_or_default();
    let prefix = until_zero(&block[345..500]).unwrap_or_default();
    // Only in this form is the last field a prefix of the name.
    if prefix.is_empty() || &block[257..263] != b"ustar\0" {
        return name;
    }
    [prefix, b"/".to_vec(), name].concat()
}

/// The path in an extended header: lines `LENGTH path=VALUE`.
fn extended_path(text: &[u8]) -> Option<Vec<u8>> {
    let mut rest = text;
    while let Some(space) = rest.iter().position(|byte| *byte == b' ') {
        let length: usize = std::str::from_utf8(&rest[..space]).ok()?.parse().ok()?;
        let record = rest.get(space + 1..length)?;
        if let Some(value) = record.strip_prefix(b"path=") {
            return Some(value.strip_suffix(b"\n").unwrap_or(value).to_vec());
        }
        rest = rest.get(length..)?;
    }
    None
}

/// A size: octal digits, or a binary number where they would not be enough.
fn size_of(field: &[u8]) -> Result<u64, ArchiveError> {
    if field[0] & 0x80 != 0 {
        // More than 8 GiB: far beyond what is read.
        return Err(ArchiveError::Unpacked);
    }
    octal(field).ok_or_else(|| ArchiveError::Damaged("a size is no number".to_owned()))
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    let digits = text.trim_matches(|letter| letter == ' ' || letter == '\0');
    if digits.is_empty() {
        return Some(0);
    }
    u64::from_str_radix(digits, 8).ok()
}

/// A source that is refused when more than so many bytes were read of it.
struct Total<R> {
    source: R,
    left: u64,
}

impl<R: Read> Read for Total<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or(io::ErrorKind::QuotaExceeded)?;
        Ok(count)
    }
}

/// An error while the archive is read.
fn over(error: io::Error) -> ArchiveError {
    match error.kind() {
        io::ErrorKind::QuotaExceeded if error.raw_os_error().is_none() => ArchiveError::Unpacked,
        _ => damaged(error),
    }
}
