//! Driver of `shared-array`: numbers that one process makes and another one adds up.
//!
//! Usage: `shared-array [COUNT [SEED]]`: COUNT numbers (default 10000000, at most as many) that depend on SEED (default 1).

use std::io;
use std::process::ExitCode;

use nix::unistd::{Pid, getpid};

use crate::notes::Notes;
use crate::place::{Place, can_be_touched, report_lack_of_room};
use crate::program::{Program, print_line, say};

static NOTES: Notes = Notes::new();

/// What is noted.
const FILL: u64 = 1;
const FULL: u64 = 2;
const SUM: u64 = 3;
const EARLY: u64 = 4;

const MOST: usize = 10_000_000;

/// The numbers of one run.
#[derive(Debug, Clone, Copy)]
pub struct Numbers {
    count: usize,
    seed: u64,
}

impl Numbers {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many bytes they need.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.count * size_of::<f64>()
    }

    /// Writes them into an array of `count()` places. To be called by the writer.
    pub fn fill(&self, array: &mut [f64]) {
        // The line comes before the first number, so that whoever does not wait reads too early.
        say(&format!("fills {} places", array.len()));
        note_place(FILL, array);
        report_missing_memory(array);
        report_lack_of_room(array);
        for (place, index) in array.iter_mut().zip(0..) {
            *place = self.value(index);
        }
        NOTES.add(FULL, [0; 4]);
    }

    /// Adds up an array. To be called by the reader, when the array is full.
    #[must_use]
    pub fn sum(&self, array: &[f64]) -> f64 {
        if NOTES.of(FULL).is_empty() {
            NOTES.add(EARLY, [0; 4]);
        }
        note_place(SUM, array);
        report_missing_memory(array);
        array.iter().sum()
    }

    /// Whole numbers, whose sum is the same in any order.
    fn value(&self, index: u64) -> f64 {
        let number = (self.seed.wrapping_add(index) & 0x3ff) as u16;
        f64::from(number)
    }

    fn right_sum(&self) -> f64 {
        (0..self.count as u64).map(|index| self.value(index)).sum()
    }
}

fn note_place(deed: u64, array: &[f64]) {
    if let Some(place) = Place::of(array) {
        NOTES.add(deed, place.to_numbers());
    }
}

/// Says what is about to happen to a process that touches memory which is not there.
fn report_missing_memory(array: &[f64]) {
    let ends = [array.first(), array.last()];
    let mut ends = ends.into_iter().flatten();
    if !ends.all(|end| can_be_touched((&raw const *end).cast())) {
        say("not sized: there is no memory behind the array, and touching it raises SIGBUS");
    }
}

/// What the student writes: let a child fill an array that this process then adds up, and return the sum.
pub type ShareArray = fn(numbers: Numbers) -> io::Result<f64>;

/// Runs the exercise.
#[must_use]
pub fn drive(share_array: ShareArray) -> ExitCode {
    let program = Program::begin();
    let Some(numbers) = numbers(std::env::args().skip(1)) else {
        eprintln!("usage: shared-array [COUNT [SEED]]: COUNT is a number from 1 to {MOST}");
        return ExitCode::from(2);
    };
    if let Err(error) = NOTES.begin() {
        eprintln!("shared-array: no shared memory: {error}");
        return ExitCode::FAILURE;
    }
    let result = share_array(numbers);
    program.end("share_array", result, |sum| {
        print_line(&format!("the sum of {} numbers is {sum}", numbers.count));
        for line in judge(&numbers, sum, getpid()) {
            print_line(line);
        }
    })
}

fn numbers(mut args: impl Iterator<Item = String>) -> Option<Numbers> {
    let count = args.next().map_or(Some(MOST), |arg| arg.parse().ok())?;
    let seed = args.next().map_or(Some(1), |arg| arg.parse().ok())?;
    let is_whole = args.next().is_none() && (1..=MOST).contains(&count);
    is_whole.then_some(Numbers { count, seed })
}

/// What is wrong with the way that the numbers took.
fn judge(numbers: &Numbers, sum: f64, main: Pid) -> Vec<&'static str> {
    let place = |deed: u64, by_main: bool| {
        let notes = NOTES.of(deed);
        let note = notes
            .into_iter()
            .find(|note| (note.pid == main) == by_main)?;
        Some(Place::from_numbers(note.values))
    };
    let Some(filled) = place(FILL, false) else {
        return vec!["made up: no process but the reader has filled an array"];
    };
    let Some(read) = place(SUM, true) else {
        return vec!["made up: the reader has added up no array"];
    };
    let mut lines = Vec::new();
    if !NOTES.of(EARLY).is_empty() {
        lines.push("too early: the reader began before the array was full");
    }
    if !filled.is_same_memory_as(&read) {
        let is_right = sum == numbers.right_sum();
        lines.push(if is_right {
            "copied: what the reader added up is not the memory that was filled"
        } else {
            "private: what the writer filled is not in the reader's memory"
        });
    }
    lines
}
