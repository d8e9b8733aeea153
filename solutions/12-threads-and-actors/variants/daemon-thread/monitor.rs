//! Variant: a list behind a lock, and a condition to sleep on.

use std::io;
use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{JoinHandle, spawn};

use threads_and_actors::daemon_thread::{Sink, drive};

#[derive(Default)]
struct Lines {
    waiting: Vec<String>,
    is_over: bool,
}

type Shared = Arc<(Mutex<Lines>, Condvar)>;

struct Logger {
    shared: Shared,
    thread: Option<JoinHandle<()>>,
}

fn write(shared: &Shared, sink: &mut Sink) {
    let (lines, changed) = &**shared;
    loop {
        let mut now = lines.lock().unwrap_or_else(PoisonError::into_inner);
        while now.waiting.is_empty() && !now.is_over {
            now = changed.wait(now).unwrap_or_else(PoisonError::into_inner);
        }
        // The lines first: that it is over does not mean that they are written.
        let taken = std::mem::take(&mut now.waiting);
        // Without the lock: nobody waits for the sink.
        drop(now);
        if taken.is_empty() {
            return;
        }
        for line in taken {
            if sink.write_line(&line).is_err() {
                return;
            }
        }
    }
}

impl Logger {
    fn start(mut sink: Sink) -> io::Result<Self> {
        let shared = Shared::default();
        let inside = shared.clone();
        let thread = Some(spawn(move || write(&inside, &mut sink)));
        Ok(Self { shared, thread })
    }

    fn change(&self, change: impl FnOnce(&mut Lines)) {
        let (lines, changed) = &*self.shared;
        change(&mut lines.lock().unwrap_or_else(PoisonError::into_inner));
        changed.notify_one();
    }

    fn log(&self, line: String) {
        self.change(|lines| lines.waiting.push(line));
    }
}

impl Drop for Logger {
    fn drop(&mut self) {
        self.change(|lines| lines.is_over = true);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn main() -> ExitCode {
    drive(Logger::start, Logger::log)
}
