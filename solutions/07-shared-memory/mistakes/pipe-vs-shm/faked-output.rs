//! Mistake: no other process. The program makes the bytes itself and takes them where they are, and a clock runs beside it.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use shared_memory::pipe_vs_shm::{Payload, drive};

fn through_pipe(payload: Payload) -> io::Result<Duration> {
    let begin = Instant::now();
    let mut bytes = vec![0; payload.bytes()];
    payload.make(0, &mut bytes);
    payload.take(0, &bytes);
    Ok(begin.elapsed())
}

fn through_memory(payload: Payload) -> io::Result<Duration> {
    through_pipe(payload)
}

fn main() -> ExitCode {
    drive(through_pipe, through_memory)
}
