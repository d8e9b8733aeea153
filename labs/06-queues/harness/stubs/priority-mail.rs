//! Exercise `priority-mail`: the most urgent letter first.
//!
//! It shows the priorities of a message queue: the message with the *highest* number comes out first, and messages of
//! one priority in the order in which they went in. Where 1 means most urgent, somebody has to turn the numbers round.
//!
//! Calls: mq_open(3), mq_send(3), mq_receive(3), mq_unlink(3), fork(2), waitpid(2), _exit(2); see also mq_overview(7).
//! Run it: `cargo run -p queues --bin priority-mail`, with other classes: `… -- 9 1 5`.
//! Edit: the body of `deliver`.

use std::io;
use std::process::ExitCode;

use queues::priority_mail::{CAPACITY, LAST_CLASS, LETTER_SIZE, Letter, drive};

/// Sends the letters through a message queue of this name to a reader, which opens the most urgent one first.
///
/// - Class 1 is most urgent, `LAST_CLASS` least. Letters of one class are opened in the order of the slice.
/// - The queue holds `CAPACITY` messages: all letters, and one that says that there are no more. Its messages have at
///   most `LETTER_SIZE` bytes.
/// - All of them are in the queue before the reader receives the first: nobody can sort what has not come yet.
/// - The reader is a child. It passes each letter (`Letter::from_bytes`) to `open_letter` and leaves with `_exit(0)`; the parent reaps it.
/// - The queue alone does the sorting. When the parent returns there is no queue of this name any more.
fn deliver(queue: &str, letters: &[Letter]) -> io::Result<()> {
    // TODO: make the queue, send each letter with its priority, fork the reader, receive, reap, remove the queue.
    todo!(
        "deliver {letters:?} (1 to {LAST_CLASS}, {LETTER_SIZE} bytes each) through {queue}, which holds {CAPACITY}"
    )
}

fn main() -> ExitCode {
    drive(deliver)
}
