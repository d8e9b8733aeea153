//! Variant: blocked signals, which `ppoll` lets in while it sleeps. It could watch descriptors at the same time.

use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::ppoll;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, sigprocmask,
};
use termination::graceful_worker::{Inbox, StopEvent, drive};

static ASKED: AtomicBool = AtomicBool::new(false);

extern "C" fn handler(signal: i32) {
    if signal != Signal::SIGUSR1 as i32 {
        ASKED.store(true, Ordering::Relaxed);
    }
}

fn work(inbox: &mut Inbox, stop: &StopEvent) -> io::Result<()> {
    let ours: SigSet = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGUSR1]
        .into_iter()
        .collect();
    let mut open = SigSet::empty();
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&ours), Some(&mut open))?;
    for signal in &ours {
        let action = SigAction::new(SigHandler::Handler(handler), SaFlags::empty(), ours);
        // SAFETY: the handler does nothing that is not async-signal-safe.
        unsafe { sigaction(signal, &action) }?;
    }
    loop {
        // The signals are blocked during the tasks as well, so a look lets in what has come.
        let_signals_in(&open, Some(Duration::ZERO))?;
        if ASKED.load(Ordering::Relaxed) || stop.is_set() {
            return Ok(());
        }
        match inbox.take() {
            Some(mut task) => while task.step()? {},
            None => let_signals_in(&open, None)?,
        }
    }
}

fn let_signals_in(open: &SigSet, longest: Option<Duration>) -> nix::Result<()> {
    match ppoll(&mut [], longest.map(Into::into), Some(*open)) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno),
    }
}

fn main() -> ExitCode {
    drive(work)
}
