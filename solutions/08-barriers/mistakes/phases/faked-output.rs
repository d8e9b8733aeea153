//! Mistake: no workers. The program computes everything alone, which gives the same heats.

use std::process::ExitCode;

use barriers::barrier::Barrier;
use barriers::phases::{Rod, drive, next_heat};

fn diffuse(rod: &Rod, _barrier: &Barrier) -> nix::Result<()> {
    let cells = rod.segment(0).start..rod.segment(rod.workers() - 1).end;
    for _ in 0..rod.steps() {
        let next = |cell| next_heat(rod.heat(cell - 1), rod.heat(cell), rod.heat(cell + 1));
        let heats: Vec<i64> = cells.clone().map(next).collect();
        for (cell, heat) in cells.clone().zip(heats) {
            rod.set_heat(cell, heat);
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(diffuse)
}
