//! Mistake: takes the interrupted wait for the device for a failure of the task.

use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, sigprocmask,
};
use termination::graceful_worker::{Inbox, StopEvent, drive};

static ASKED: AtomicBool = AtomicBool::new(false);

extern "C" fn note_request(_: i32) {
    ASKED.store(true, Ordering::Relaxed);
}

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
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&ours), Some(&mut open))?;
        if ASKED.load(Ordering::Relaxed) || stop.is_set() {
            return Ok(());
        }
        match inbox.take() {
            Some(mut task) => {
                sigprocmask(SigmaskHow::SIG_SETMASK, Some(&open), None)?;
                while task.step()? {}
            }
            None => {
                open.suspend()?;
                sigprocmask(SigmaskHow::SIG_SETMASK, Some(&open), None)?;
            }
        }
    }
}

fn main() -> ExitCode {
    drive(work)
}
