//! Mistake: the ticket that wins is looked for with one comparison too many: each owner has one ticket more than it has bought.

use std::process::ExitCode;

use scheduling::lottery_stride::{Draws, Job, STRIDE_OF_ONE, Slice, drive};

fn lottery(jobs: &[Job], quantum: u64, draws: &mut Draws) -> Vec<Slice> {
    run(jobs, quantum, |ready| {
        let tickets: u64 = ready.iter().map(|job| jobs[*job].tickets).sum();
        let mut ticket = draws.draw().checked_rem(tickets)?;
        // The ticket is counted down through the owners. Ticket 0 is the first one of the first owner, so an owner of n tickets has
        // it if less than n is left.
        ready.iter().copied().find(|job| {
            let is_here = ticket <= jobs[*job].tickets;
            ticket = ticket.saturating_sub(jobs[*job].tickets);
            is_here
        })
    })
}

fn stride(jobs: &[Job], quantum: u64) -> Vec<Slice> {
    let mut pass = vec![0; jobs.len()];
    run(jobs, quantum, |ready| {
        let next = ready.iter().copied().min_by_key(|job| (pass[*job], *job))?;
        // The more tickets, the shorter the stride, and the sooner it is the turn of this job again.
        pass[next] += STRIDE_OF_ONE / jobs[next].tickets;
        Some(next)
    })
}

/// Runs those that are chosen, until all are done.
fn run(
    jobs: &[Job],
    quantum: u64,
    mut choose: impl FnMut(&[usize]) -> Option<usize>,
) -> Vec<Slice> {
    let mut rest: Vec<u64> = jobs.iter().map(|job| job.length).collect();
    let mut slices = Vec::new();
    let mut now = 0;
    loop {
        let ready: Vec<usize> = (0..jobs.len()).filter(|job| rest[*job] > 0).collect();
        let Some(job) = choose(&ready) else {
            return slices;
        };
        let end = now + quantum.min(rest[job]);
        slices.push(Slice {
            job,
            start: now,
            end,
        });
        rest[job] -= end - now;
        now = end;
    }
}

fn main() -> ExitCode {
    drive(lottery, stride)
}
