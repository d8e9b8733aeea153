//! Reference answer of `graceful-worker`.

use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, sigprocmask,
};
use termination::graceful_worker::{Inbox, StopEvent, Task, drive};

/// Set by the handler, and never cleared: a request stays.
static ASKED: AtomicBool = AtomicBool::new(false);

extern "C" fn note_request(_: i32) {
    // A store to an atomic is all that a handler needs to do here, and one of the few things that it may.
    ASKED.store(true, Ordering::Relaxed);
}

/// SIGUSR1 must have a handler too: without one it would kill the worker, and an ignored signal ends no sleep.
extern "C" fn wake(_: i32) {}

fn work(inbox: &mut Inbox, stop: &StopEvent) -> io::Result<()> {
    let ours: SigSet = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGUSR1]
        .into_iter()
        .collect();
    for (signal, handler) in [
        (Signal::SIGTERM, note_request as extern "C" fn(i32)),
        (Signal::SIGINT, note_request),
        (Signal::SIGUSR1, wake),
    ] {
        let action = SigAction::new(SigHandler::Handler(handler), SaFlags::empty(), ours);
        // SAFETY: the handlers do nothing that is not async-signal-safe.
        unsafe { sigaction(signal, &action) }?;
    }
    let mut open = SigSet::empty();
    loop {
        // From here to the sleep the signals wait: what comes behind the tests stays pending.
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&ours), Some(&mut open))?;
        if ASKED.load(Ordering::Relaxed) || stop.is_set() {
            return Ok(());
        }
        match inbox.take() {
            Some(task) => {
                // At work they may come. The handler takes note, and the loop comes back to the test.
                sigprocmask(SigmaskHow::SIG_SETMASK, Some(&open), None)?;
                finish(task)?;
            }
            // Lets the signals in and sleeps, in one step: with one pending it returns at once. With two calls there
            // would be a gap between them, in which the only signal could come too early.
            None => {
                open.suspend()?;
                sigprocmask(SigmaskHow::SIG_SETMASK, Some(&open), None)?;
            }
        }
    }
}

/// Does a task to its end. The flag is none of its business.
fn finish(mut task: Task) -> io::Result<()> {
    loop {
        match task.step() {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn main() -> ExitCode {
    drive(work)
}
