//! Exercise `mq-tasks`: tasks in a message queue.
//!
//! It shows a queue of the kernel that keeps messages apart (one send, one receive, each whole, even one of no bytes), that has
//! a name and two limits, and that stays when all its processes have ended, until somebody removes it.
//!
//! Calls: mq_open(3), mq_send(3), mq_receive(3), mq_close(3), mq_unlink(3), fork(2), waitpid(2), _exit(2); see also mq_overview(7).
//! Run it: `cargo run -p queues --bin mq-tasks`, with tasks of other sizes: `… -- 1 2 3 4 5 6 7`.
//! Edit: the body of `run_tasks`.

use std::io;
use std::process::ExitCode;

use queues::mq_tasks::{Plan, Worker, drive};

/// Makes a message queue, forks a worker, and sends it the tasks, a message each.
///
/// - The queue is called `plan.queue`, holds `plan.capacity` messages and takes messages of at most `plan.message_size` bytes.
///   There can be more tasks than it holds.
/// - After the tasks comes a message without any bytes.
/// - The child passes each message to `worker.perform`; at the one without bytes it calls `worker.finish` and leaves with `_exit(0)`.
/// - The parent reaps the child. When it returns there is no queue of this name any more.
fn run_tasks(plan: &Plan, worker: &mut Worker) -> io::Result<()> {
    // TODO: make the queue, fork, send in the parent, receive in the child, reap the child, remove the queue.
    todo!("let {worker:?} do {plan:?}")
}

fn main() -> ExitCode {
    drive(run_tasks)
}
