//! Exercise `work-queue`: several producers, several consumers, each item once.
//!
//! It shows how a queue deals out work to whoever is free, and its hardest question: how does a consumer know that nothing
//! more will come? Not by waiting for a while, but by sentinels, or by the end of file.
//!
//! Calls: fork(2), waitpid(2), _exit(2), and those of the queue that you choose: mq_open(3), mq_send(3), mq_receive(3), mq_unlink(3);
//! or pipe(2), read(2), write(2), close(2); or socketpair(2) with SOCK_SEQPACKET.
//! Run it: `cargo run -p queues --bin work-queue`, with 4 producers, 2 consumers, up to 30 items each: `… -- 4 2 30`.
//! Edit: the body of `run_queue`.

use std::io;
use std::process::ExitCode;

use queues::work_queue::{Outcome, Plan, QUEUE_CAPACITY, RECORD_SIZE, drive};

/// Starts the producers and the consumers, and returns the outcomes of all items, in any order.
///
/// - Each of the `plan.producers` is a process. Number k, from 0, sends what `plan.items(k)` makes, one by one; only there is it known
///   how many items it has. (`Item::to_bytes`, `from_bytes`; an item and an outcome have `RECORD_SIZE` bytes.)
/// - Each of the `plan.consumers` is a process. Whoever is free takes the next item, calls `process` and sends the outcome to
///   the main process, which collects all of them. All processes run at the same time.
/// - Which queue is your choice: message queues `plan.item_queue` and `plan.outcome_queue` (at most `QUEUE_CAPACITY` messages each), pipes,
///   sockets. Everybody ends by sentinels (`Item::end`, `Outcome::end`) or at the end of file, never after a time.
/// - The main process reaps all children and leaves no queue behind.
fn run_queue(plan: &Plan) -> io::Result<Vec<Outcome>> {
    // TODO: make two queues, start consumers and producers, collect the outcomes, reap everybody.
    todo!("run {plan:?} with {QUEUE_CAPACITY} messages of {RECORD_SIZE} bytes")
}

fn main() -> ExitCode {
    drive(run_queue)
}
