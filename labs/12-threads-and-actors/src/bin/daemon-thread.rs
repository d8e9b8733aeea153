//! Exercise `daemon-thread`: a logger in the background that ends with the program and loses no line.
//!
//! It shows what becomes of a thread when the program ends: it is stopped wherever it is, with all that it still had to do.
//! Every thread of Rust is such a *daemon thread*, unless somebody joins it. So whoever keeps work in the background needs a
//! moment at which that work is brought to an end, also when the program ends by a panic. In Rust this moment is `drop`.
//!
//! Calls: `std::thread::spawn`, `JoinHandle::join`, `crossbeam_channel::unbounded` or `bounded`, `Drop`. Underneath: clone(2),
//! futex(2), exit_group(2).
//! Run it: `cargo run -p threads-and-actors --bin daemon-thread`, and with a program that panics: `… -- panics 3 2`.
//! Edit: the fields of `Logger` and the bodies of its functions.

use std::io;
use std::process::ExitCode;

use threads_and_actors::daemon_thread::{Sink, drive};

/// A logger. It is dropped when the main program ends, by returning or by a panic.
#[derive(Debug)]
struct Logger {
    // TODO: what does `log` need, and what does `drop` need?
}

impl Logger {
    /// Starts a thread in the background that writes lines to the sink (`Sink::write_line`), in the order in which they come.
    ///
    /// While there are none, it sleeps.
    fn start(sink: Sink) -> io::Result<Self> {
        // TODO: make a channel, start the thread.
        todo!("start a thread that writes to {sink:?}")
    }

    /// Hands a line to that thread, and does not wait until it is written. Several threads call this at the same time; the
    /// lines of each of them stay in their order.
    fn log(&self, line: String) {
        // TODO: send the line.
        todo!("let {self:?} write {line:?}")
    }
}

impl Drop for Logger {
    /// Returns when all lines are written and the thread has ended.
    fn drop(&mut self) {
        // TODO: let the thread know that no more lines come, and wait for its end.
        todo!("bring {self:?} to an end")
    }
}

fn main() -> ExitCode {
    drive(Logger::start, Logger::log)
}
