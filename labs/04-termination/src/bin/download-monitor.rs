//! Exercise `download-monitor`: a monitor that says who is alive, and stops the one that it is told to.
//!
//! It shows how a parent keeps several children apart: which process id belongs to which work, who has ended, and how. A
//! process that has ended is not alive, though its number is still taken; and the kernel says how it ended
//! once.
//!
//! Calls: fork(2), waitpid(2) with WNOHANG, kill(2), _exit(2).
//! Run it: `cargo run -p termination --bin download-monitor -- File2 File1 File2 File3`: the download to cancel, then all.
//! Edit: the body of `monitor_downloads`.

use std::io;
use std::process::ExitCode;

use termination::download_monitor::{Download, Panel, drive};

/// Starts a child for each download, does what the panel orders, and returns the exit codes in the order of the
/// downloads, −n for a child that signal n has ended.
///
/// - A child calls `download.run()` and leaves with `_exit` and code 0.
/// - All children are started before the first `panel.next_order()`, which waits until all of them have begun.
/// - `Order::Look`: call `panel.show(name, is_alive)` for each download, in their order. Do not wait for anybody to end.
/// - `Order::Cancel(name)`: send SIGTERM to the process of that download and to no other, and do not wait.
/// - When there is no order any more, all children are waited for.
fn monitor_downloads(downloads: &[Download], panel: &mut Panel) -> io::Result<Vec<i32>> {
    // TODO: start the downloads, follow the orders, wait for those that are left.
    todo!("monitor {downloads:?} as {panel:?} orders")
}

fn main() -> ExitCode {
    drive(monitor_downloads)
}
