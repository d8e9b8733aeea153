//! Variant: with the channel of the standard library.

use std::io;
use std::process::ExitCode;
use std::thread::{Builder, JoinHandle};

use std::sync::mpsc::{Sender, channel};
use threads_and_actors::daemon_thread::{Sink, drive};

/// A logger. Both fields are options, so that `drop` can take them, one before the other.
#[derive(Debug)]
struct Logger {
    lines: Option<Sender<String>>,
    thread: Option<JoinHandle<()>>,
}

impl Logger {
    fn start(sink: Sink) -> io::Result<Self> {
        let (sender, lines) = channel::<String>();
        let thread = Builder::new().name("logger".into()).spawn(move || {
            let mut sink = sink;
            // It sleeps while there are no lines, and ends when there is no sender any more and the channel is empty.
            for line in lines {
                if let Err(error) = sink.write_line(&line) {
                    eprintln!("the log is lost: {error}");
                    return;
                }
            }
        })?;
        Ok(Self {
            lines: Some(sender),
            thread: Some(thread),
        })
    }

    fn log(&self, line: String) {
        if let Some(lines) = &self.lines {
            // An error means that the thread is gone, and it has said why.
            let _ = lines.send(line);
        }
    }
}

impl Drop for Logger {
    fn drop(&mut self) {
        // First the sender: it is the last one, and without it the thread comes to the end of its loop. Fields are dropped after
        // this function, which would be too late.
        drop(self.lines.take());
        // Then the thread: without the join it would be stopped in the middle when the program ends.
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            eprintln!("the logger panicked");
        }
    }
}

fn main() -> ExitCode {
    drive(Logger::start, Logger::log)
}
