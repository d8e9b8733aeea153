//! What every driver uses: marked output, and the guard against a child that falls through.
//!
//! The same file is in every lab, so that a lab can be copied out and built alone.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use nix::unistd::{Pid, getpid};

/// Exit code of a child that came back from the student's function.
pub const FELL_THROUGH: i32 = 70;

/// The running program, known by the process that began it.
#[derive(Debug)]
pub struct Program {
    pid: Pid,
}

impl Program {
    /// Remembers the calling process as the program's own.
    #[must_use]
    pub fn begin() -> Self {
        Self { pid: getpid() }
    }

    /// Goes on only in the process that began the program. A child that has come back from `function`
    /// would do its parent's work a second time: it says so and ends here.
    pub fn only_the_parent_returns_from(&self, function: &str) {
        if getpid() != self.pid {
            say(&format!(
                "fell through: a child came back from `{function}`, where only its parent should"
            ));
            // SAFETY: `_exit` ends this process without running anything else of it: no destructor
            // and no buffer that belongs to the parent.
            unsafe { nix::libc::_exit(FELL_THROUGH) }
        }
    }

    /// Ends the program: prints the value's lines with code 0, or the error on standard error with code 1.
    #[must_use]
    pub fn end<T, E: Display>(
        &self,
        function: &str,
        result: Result<T, E>,
        print: impl FnOnce(T),
    ) -> ExitCode {
        self.only_the_parent_returns_from(function);
        match result {
            Ok(value) => {
                print(value);
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("{function} failed: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

/// Prints `[pid N] line` with one `write(2)`, so that lines of several processes do not mix and no
/// buffer is duplicated or lost at fork and exit.
pub fn say(line: &str) {
    let text = format!("[pid {}] {line}\n", getpid());
    // `File` has no buffer, unlike `std::io::Stdout`. The descriptor stays open: it is not ours to close.
    // SAFETY: descriptor 1 is only borrowed, and it is open for as long as the program runs.
    let stdout = unsafe { std::os::fd::BorrowedFd::borrow_raw(1) };
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match nix::unistd::write(stdout, rest) {
            Ok(written) => rest = &rest[written..],
            Err(nix::errno::Errno::EINTR) => {}
            Err(_) => return,
        }
    }
}

/// Prints a line of the driver's own: without a mark it belongs to the program as a whole.
pub fn print_line(line: &str) {
    let mut stdout = std::io::stdout().lock();
    // A reader that has gone away is not the driver's concern.
    let _ = writeln!(stdout, "{line}");
    let _ = stdout.flush();
}
