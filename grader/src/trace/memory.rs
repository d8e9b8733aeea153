//! Reading what a stopped thread's call points to, by `process_vm_readv(2)`.
//!
//! Everything here comes from the traced program: an address may be wrong, a text may be endless or no text at all. What cannot
//! be read is `None`, never an error of the grader.

use std::io::IoSliceMut;

use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

/// The longest path or name that is read, in bytes (PATH_MAX).
const LONGEST_TEXT: usize = 4096;

/// How much of a text is read at a time: most end within. A power of two, so that no piece lies in two pages, of which the
/// second may not be there.
const PIECE: usize = 256;

/// Reads exactly `N` bytes.
#[must_use]
pub fn bytes<const N: usize>(pid: i32, address: u64) -> Option<[u8; N]> {
    let mut buffer = [0; N];
    (read(pid, address, &mut buffer)? == N).then_some(buffer)
}

/// Reads up to so many bytes: fewer where the memory ends before.
#[must_use]
pub fn up_to(pid: i32, address: u64, count: usize) -> Option<Vec<u8>> {
    let mut buffer = vec![0; count];
    let count = read(pid, address, &mut buffer)?;
    buffer.truncate(count);
    Some(buffer)
}

/// Reads an `int`.
#[must_use]
pub fn int(pid: i32, address: u64) -> Option<i32> {
    bytes(pid, address).map(i32::from_ne_bytes)
}

/// Reads two `int`s, as `pipe(2)` leaves them.
#[must_use]
pub fn two_ints(pid: i32, address: u64) -> Option<[i32; 2]> {
    let [a, b, c, d, e, f, g, h] = bytes(pid, address)?;
    Some([
        i32::from_ne_bytes([a, b, c, d]),
        i32::from_ne_bytes([e, f, g, h]),
    ])
}

/// Reads `N` words of 64 bits, in the machine's own order.
#[must_use]
pub fn words<const N: usize>(pid: i32, address: u64) -> Option<[u64; N]> {
    let mut buffer = vec![0; 8 * N];
    if read(pid, address, &mut buffer)? < buffer.len() {
        return None;
    }
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(buffer.chunks_exact(8)) {
        *word = u64::from_ne_bytes(bytes.try_into().ok()?);
    }
    Some(words)
}

/// Reads a text that ends with NUL. Bytes that are no UTF-8 are replaced.
#[must_use]
pub fn text(pid: i32, address: u64) -> Option<String> {
    let mut text = Vec::new();
    let mut address = address;
    while text.len() < LONGEST_TEXT {
        let left = PIECE - usize::try_from(address).ok()? % PIECE;
        let mut buffer = vec![0; left];
        let count = read(pid, address, &mut buffer)?;
        if let Some(end) = buffer[..count].iter().position(|byte| *byte == 0) {
            text.extend_from_slice(&buffer[..end]);
            return Some(String::from_utf8_lossy(&text).into_owned());
        }
        if count == 0 {
            return None;
        }
        text.extend_from_slice(&buffer[..count]);
        address = address.checked_add(u64::try_from(count).ok()?)?;
    }
    None
}

fn read(pid: i32, address: u64, buffer: &mut [u8]) -> Option<usize> {
    if address == 0 {
        return None;
    }
    let remote = RemoteIoVec {
        base: usize::try_from(address).ok()?,
        len: buffer.len(),
    };
    process_vm_readv(
        Pid::from_raw(pid),
        &mut [IoSliceMut::new(buffer)],
        &[remote],
    )
    .ok()
}
