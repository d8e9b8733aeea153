//! Variant: the channel of the standard library, of limited size, and a message that says that no more lines come.

use std::io;
use std::process::ExitCode;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{JoinHandle, spawn};

use threads_and_actors::daemon_thread::{Sink, drive};

enum Message {
    Line(String),
    End,
}

struct Logger {
    messages: SyncSender<Message>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Logger {
    fn start(mut sink: Sink) -> io::Result<Self> {
        let (messages, received) = sync_channel(2);
        let thread = spawn(move || {
            while let Ok(Message::Line(line)) = received.recv() {
                sink.write_line(&line)?;
            }
            Ok(())
        });
        Ok(Self {
            messages,
            thread: Some(thread),
        })
    }

    fn log(&self, line: String) {
        let _ = self.messages.send(Message::Line(line));
    }
}

impl Drop for Logger {
    fn drop(&mut self) {
        // Behind all lines, because there is one queue.
        let _ = self.messages.send(Message::End);
        if let Some(Ok(Err(error))) = self.thread.take().map(JoinHandle::join) {
            eprintln!("the log is lost: {error}");
        }
    }
}

fn main() -> ExitCode {
    drive(Logger::start, Logger::log)
}
