//! Slices of a CPU's time: whether a list of them is a schedule at all, what it means for each job, and how it is shown.
//!
//! Which job should run when is not known here: that is what the exercises are about.

use crate::arguments::Demand;
use crate::program::print_line;

/// A part of the CPU's time that one job has, from `start` up to `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// The job, by its place in the list of jobs.
    pub job: usize,
    /// Its first moment.
    pub start: u64,
    /// The moment after its last.
    pub end: u64,
}

/// How many columns a chart has at most, and how many slices are listed.
const COLUMNS: u64 = 72;
const LISTED: usize = 60;

/// What is said before a list that is no schedule. Lines with it get the diagnosis `impossible-schedule`.
const IMPOSSIBLE: &str = "impossible:";

/// Which part of a schedule a chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it, however many moments a column stands for.
    Whole,
    /// As much as there is room for, with a column for each moment.
    Beginning,
}

/// How long a job runs before it waits for a device, and how long that takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pause {
    pub(crate) every: u64,
    pub(crate) time: u64,
}

/// The name of a job: a letter.
pub(crate) fn name(job: usize) -> char {
    u8::try_from(job).map_or('?', |job| char::from(b'A'.saturating_add(job)))
}

/// Joins slices of one job that follow on each other: whether a job is chosen once or again and again makes no difference.
pub(crate) fn join(slices: &[Slice]) -> Vec<Slice> {
    let mut joined: Vec<Slice> = Vec::new();
    for slice in slices {
        match joined.last_mut() {
            Some(last) if last.job == slice.job && last.end == slice.start => last.end = slice.end,
            _ => joined.push(*slice),
        }
    }
    joined
}

/// What a schedule has to do with.
#[derive(Debug)]
pub(crate) struct Demands {
    jobs: Vec<Demand>,
    pauses: Vec<Option<Pause>>,
    horizon: Option<u64>,
}

impl Demands {
    /// These jobs, until all of them have ended.
    pub(crate) fn of(jobs: Vec<Demand>) -> Self {
        Self {
            pauses: vec![None; jobs.len()],
            jobs,
            horizon: None,
        }
    }

    /// No longer than until this moment.
    pub(crate) fn until(self, horizon: u64) -> Self {
        Self {
            horizon: Some(horizon),
            ..self
        }
    }

    /// Jobs that wait for a device now and then.
    pub(crate) fn with_pauses(self, pauses: Vec<Option<Pause>>) -> Self {
        Self { pauses, ..self }
    }

    /// Why a list of slices is no schedule for these jobs, if so.
    fn flaw(&self, slices: &[Slice]) -> Option<String> {
        let mut rest: Vec<u64> = self.jobs.iter().map(|job| job.length).collect();
        let mut ready_from: Vec<u64> = self.jobs.iter().map(|job| job.arrival).collect();
        let mut now = 0;
        let idles = |rest: &[u64], ready_from: &[u64], until: u64| {
            (0..rest.len())
                .filter(|job| rest[*job] > 0)
                .find(|job| ready_from[*job] < until)
        };
        for slice in slices {
            let Slice { job, start, end } = *slice;
            if job >= self.jobs.len() {
                return Some(format!("there is no job with the number {job}"));
            }
            let who = name(job);
            if start >= end {
                return Some(format!("{who} has a slice from {start} to {end}"));
            }
            if start < now {
                return Some(format!(
                    "{who} has the CPU at {start}, and so has another job until {now}"
                ));
            }
            if start < ready_from[job] {
                let until = ready_from[job];
                return Some(format!(
                    "{who} runs at {start}, and it is not ready before {until}"
                ));
            }
            if start > now
                && let Some(ready) = idles(&rest, &ready_from, start)
            {
                let ready = name(ready);
                return Some(format!(
                    "the CPU is idle before {start}, and {ready} is ready"
                ));
            }
            if self.horizon.is_some_and(|horizon| end > horizon) {
                return Some(format!("{who} runs until {end}, after the last tick"));
            }
            let ran = end - start;
            if ran > rest[job] {
                return Some(format!("{who} runs longer than it needs"));
            }
            rest[job] -= ran;
            now = end;
            if let Some(pause) = self.pauses[job] {
                let done = self.jobs[job].length - rest[job];
                if (done - ran) / pause.every != (done - 1) / pause.every {
                    return Some(format!("{who} runs on, though it waits for a device"));
                }
                if done.is_multiple_of(pause.every) {
                    ready_from[job] = end + pause.time;
                }
            }
        }
        let end = self.horizon.unwrap_or(u64::MAX);
        idles(&rest, &ready_from, end)
            .filter(|_| now < end)
            .map(|job| format!("{} is not done at the end", name(job)))
    }

    /// Prints a schedule, as a list and as a chart, or says why it is none.
    pub(crate) fn print(&self, title: &str, slices: &[Slice], part: Part) {
        let joined = join(slices);
        print_line(&format!("{title}: {}", list(&joined)));
        match self.flaw(slices) {
            Some(flaw) => print_line(&format!("{IMPOSSIBLE} {flaw}")),
            None => self
                .chart(&joined, part)
                .iter()
                .for_each(|it| print_line(it)),
        }
    }

    /// A line for each job: `#` where it runs, `.` where it is there and does not, blank before it comes and after its end.
    fn chart(&self, slices: &[Slice], part: Part) -> Vec<String> {
        let end = slices.last().map_or(0, |slice| slice.end);
        let unit = match part {
            Part::Whole => end.div_ceil(COLUMNS).max(1),
            Part::Beginning => 1,
        };
        let columns = end.div_ceil(unit).min(COLUMNS);
        let mut lines = Vec::new();
        for (job, demand) in self.jobs.iter().enumerate() {
            let own: Vec<&Slice> = slices.iter().filter(|slice| slice.job == job).collect();
            let last = own.last().map_or(0, |slice| slice.end);
            let ran: u64 = own.iter().map(|slice| slice.end - slice.start).sum();
            let gone = if ran == demand.length { last } else { u64::MAX };
            let column = |column: u64| {
                let (from, until) = (column * unit, (column + 1) * unit);
                if own.iter().any(|it| it.start < until && from < it.end) {
                    '#'
                } else if until > demand.arrival && from < gone {
                    '.'
                } else {
                    ' '
                }
            };
            let cells: String = (0..columns).map(column).collect();
            lines.push(format!("{} |{cells}|", name(job)));
        }
        if unit > 1 {
            lines.push(format!("a column stands for {unit} ticks"));
        }
        lines
    }

    /// What the schedule means for each job.
    pub(crate) fn times(&self, slices: &[Slice]) -> Vec<Times> {
        let jobs = self.jobs.iter().enumerate();
        jobs.map(|(job, demand)| {
            let mut own = slices.iter().filter(|slice| slice.job == job);
            let first = own.clone().next().map_or(0, |slice| slice.start);
            let last = own.next_back().map_or(0, |slice| slice.end);
            let turnaround = last.saturating_sub(demand.arrival);
            Times {
                response: first.saturating_sub(demand.arrival),
                turnaround,
                waiting: turnaround.saturating_sub(demand.length),
            }
        })
        .collect()
    }

    /// Prints what the schedule means for each job, and on the average.
    pub(crate) fn print_times(&self, times: &[Times]) {
        print_line("job   arrival  length  response  turnaround  waiting");
        for (job, (demand, it)) in self.jobs.iter().zip(times).enumerate() {
            print_line(&format!(
                "{:<4} {:>8} {:>7} {:>9} {:>11} {:>8}",
                name(job),
                demand.arrival,
                demand.length,
                it.response,
                it.turnaround,
                it.waiting
            ));
        }
        let mean = |of: fn(&Times) -> u64| {
            let sum: u64 = times.iter().map(of).sum();
            sum as f64 / times.len().max(1) as f64
        };
        print_line(&format!(
            "mean {:>8} {:>7} {:>9.2} {:>11.2} {:>8.2}",
            "",
            "",
            mean(|it| it.response),
            mean(|it| it.turnaround),
            mean(|it| it.waiting)
        ));
    }
}

/// What a schedule means for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// From its arrival until it runs for the first time.
    pub response: u64,
    /// From its arrival until it is done.
    pub turnaround: u64,
    /// How much of that it did not run.
    pub waiting: u64,
}

/// `0 A 4 B 7`: A has the CPU from 0 to 4, B from 4 to 7; `-` is nobody.
fn list(slices: &[Slice]) -> String {
    let mut text = String::new();
    let mut now = 0;
    for slice in slices.iter().take(LISTED) {
        if slice.start > now {
            text.push_str(&format!("{now} - "));
        }
        text.push_str(&format!("{} {} ", slice.start, name(slice.job)));
        now = slice.end;
    }
    text.push_str(&now.to_string());
    match slices.len().saturating_sub(LISTED) {
        0 => {}
        more => text.push_str(&format!(" and {more} more")),
    }
    text
}

/// Prints how long each job ran: `label` says who it is.
pub(crate) fn print_shares(slices: &[Slice], jobs: usize, label: impl Fn(usize) -> String) {
    let ran = |job: usize| -> u64 {
        let own = slices.iter().filter(|slice| slice.job == job);
        own.map(|slice| slice.end.saturating_sub(slice.start)).sum()
    };
    let all: u64 = (0..jobs).map(ran).sum();
    for job in 0..jobs {
        let share = 100.0 * ran(job) as f64 / all.max(1) as f64;
        print_line(&format!(
            "{} {}: {} ticks, {share:.2} %",
            name(job),
            label(job),
            ran(job)
        ));
    }
}
