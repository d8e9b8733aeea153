//! Mistake: there is nobody in the background. Whoever logs a line writes it, and waits for the sink.

use std::io;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use threads_and_actors::daemon_thread::{Sink, drive};

struct Logger {
    sink: Mutex<Sink>,
}

impl Logger {
    fn start(sink: Sink) -> io::Result<Self> {
        let sink = Mutex::new(sink);
        Ok(Self { sink })
    }

    fn log(&self, line: String) {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = sink.write_line(&line) {
            eprintln!("the log is lost: {error}");
        }
    }
}

fn main() -> ExitCode {
    drive(Logger::start, Logger::log)
}
