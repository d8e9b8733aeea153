//! Mistake: does not sleep at all. Nothing can be lost, and a CPU is busy with nothing.

use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use termination::graceful_worker::{Inbox, StopEvent, drive};

static ASKED: AtomicBool = AtomicBool::new(false);

extern "C" fn note_request(_: i32) {
    ASKED.store(true, Ordering::Relaxed);
}

extern "C" fn wake(_: i32) {}

fn work(inbox: &mut Inbox, stop: &StopEvent) -> io::Result<()> {
    for (signal, handler) in [
        (Signal::SIGTERM, note_request as extern "C" fn(i32)),
        (Signal::SIGINT, note_request),
        (Signal::SIGUSR1, wake),
    ] {
        let action = SigAction::new(
            SigHandler::Handler(handler),
            SaFlags::SA_RESTART,
            SigSet::empty(),
        );
        // SAFETY: the handlers do nothing that is not async-signal-safe.
        unsafe { sigaction(signal, &action) }?;
    }
    while !ASKED.load(Ordering::Relaxed) && !stop.is_set() {
        if let Some(mut task) = inbox.take() {
            while task.step()? {}
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(work)
}
