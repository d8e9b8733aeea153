//! Mistake: the handler that stops all workers is installed before the fork, so each worker has it as well.
use std::io;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::wait::{WaitPidFlag, wait, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use prefork::app::App;
use prefork::prefork_server::drive;

static STOPPING: AtomicBool = AtomicBool::new(false);
static WORKERS: [AtomicI32; 16] = [const { AtomicI32::new(0) }; 16];

/// Stops all workers. `kill` is one of the calls that a handler may make.
extern "C" fn stop_all(_: i32) {
    STOPPING.store(true, Ordering::Relaxed);
    for worker in &WORKERS {
        let pid = worker.load(Ordering::Relaxed);
        if pid > 0 {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

fn serve(listener: TcpListener, workers: usize, app: &App) -> io::Result<()> {
    let action = SigAction::new(
        SigHandler::Handler(stop_all),
        SaFlags::SA_RESTART,
        SigSet::empty(),
    );
    // SAFETY: the handler makes async-signal-safe calls only.
    unsafe { sigaction(Signal::SIGTERM, &action) }?;
    for worker in &WORKERS[..workers] {
        worker.store(hire(&listener, app)?.as_raw(), Ordering::Relaxed);
    }
    while !STOPPING.load(Ordering::Relaxed) {
        let ended = wait()?.pid();
        for worker in &WORKERS {
            let is_it = ended.is_some_and(|pid| pid.as_raw() == worker.load(Ordering::Relaxed));
            if is_it && !STOPPING.load(Ordering::Relaxed) {
                worker.store(hire(&listener, app)?.as_raw(), Ordering::Relaxed);
            }
        }
    }
    while !matches!(waitpid(None, None::<WaitPidFlag>), Err(Errno::ECHILD)) {}
    Ok(())
}

fn hire(listener: &TcpListener, app: &App) -> nix::Result<Pid> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => loop {
            if let Ok((connection, _)) = listener.accept() {
                drop(app.answer(connection));
            }
        },
        ForkResult::Parent { child } => Ok(child),
    }
}

fn main() -> ExitCode {
    drive(serve)
}
