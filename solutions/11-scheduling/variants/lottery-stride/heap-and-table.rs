//! Variant: a priority queue of passes, and a table with the owner of each ticket.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::process::ExitCode;

use scheduling::lottery_stride::{Draws, Job, STRIDE_OF_ONE, Slice, drive};

fn lottery(jobs: &[Job], quantum: u64, draws: &mut Draws) -> Vec<Slice> {
    let mut left: Vec<u64> = jobs.iter().map(|job| job.length).collect();
    let mut slices = Vec::new();
    let mut now = 0;
    loop {
        let owners = jobs.iter().enumerate().filter(|(job, _)| left[*job] > 0);
        let table: Vec<usize> = owners
            .flat_map(|(number, job)| (0..job.tickets).map(move |_| number))
            .collect();
        if table.is_empty() {
            return slices;
        }
        let ticket = draws.draw() % table.len() as u64;
        let Some(&job) = usize::try_from(ticket)
            .ok()
            .and_then(|ticket| table.get(ticket))
        else {
            return slices;
        };
        now = run(&mut slices, job, now, quantum, &mut left[job]);
    }
}

fn stride(jobs: &[Job], quantum: u64) -> Vec<Slice> {
    let mut left: Vec<u64> = jobs.iter().map(|job| job.length).collect();
    let mut passes: BinaryHeap<Reverse<(u64, usize)>> =
        (0..jobs.len()).map(|job| Reverse((0, job))).collect();
    let mut slices = Vec::new();
    let mut now = 0;
    while let Some(Reverse((pass, job))) = passes.pop() {
        now = run(&mut slices, job, now, quantum, &mut left[job]);
        if left[job] > 0 {
            passes.push(Reverse((pass + STRIDE_OF_ONE / jobs[job].tickets, job)));
        }
    }
    slices
}

fn run(slices: &mut Vec<Slice>, job: usize, start: u64, quantum: u64, left: &mut u64) -> u64 {
    let ticks = quantum.min(*left);
    *left -= ticks;
    let end = start + ticks;
    slices.push(Slice { job, start, end });
    end
}

fn main() -> ExitCode {
    drive(lottery, stride)
}
