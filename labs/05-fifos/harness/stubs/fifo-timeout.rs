//! Exercise `fifo-timeout`: do not wait for a reader for ever.
//!
//! It shows that opening a FIFO for writing waits for a reader, how to ask without waiting (`ENXIO` is the answer where nobody
//! reads), and that what makes `open` not wait also makes every later `write` not wait, until it is switched off.
//!
//! Calls: open(2) with O_NONBLOCK, fcntl(2) with F_GETFL and F_SETFL, nanosleep(2); see also fifo(7).
//! Run it: `cargo run -p fifos --bin fifo-timeout`, without a reader: `… -- no-reader 300`.
//! Edit: the body of `open_within`.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use fifos::fifo_timeout::drive;

/// Opens the FIFO of this name, which is there, for writing only.
///
/// - As soon as there is a reader, it returns. Writes to the file wait for room, as those of any pipe do.
/// - When there has been none for so long: an error of the kind `TimedOut`, not before that time and not never.
/// - There is no call that waits for a reader up to a time. So ask, pause for a few milliseconds, and ask again: this is one of
///   the few places where a program may sleep. To ask without a pause takes a whole CPU.
fn open_within(path: &Path, patience: Duration) -> io::Result<File> {
    // TODO: try to open without waiting; on ENXIO pause and try again; make the file wait from now on.
    todo!("open {path:?} within {patience:?}")
}

fn main() -> ExitCode {
    drive(open_within)
}
