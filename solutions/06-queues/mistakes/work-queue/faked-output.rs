//! Mistake: no processes and no queue: the main process makes and processes all items by itself.

use std::io;
use std::process::ExitCode;

use queues::work_queue::{Item, Outcome, Plan, drive};

fn run_queue(plan: &Plan) -> io::Result<Vec<Outcome>> {
    let items = (0..plan.producers).flat_map(|producer| plan.items(producer));
    Ok(items.map(Item::process).collect())
}

fn main() -> ExitCode {
    drive(run_queue)
}
