//! The simulators against schedules that others have computed.
//!
//! `oracles.txt` holds, for each command line, what must come of it. Nearly all of it was computed by the homework simulators of
//! the textbook "Operating Systems: Three Easy Pieces" (scheduler.py, mlfq.py, lottery.py), which share no code with this course; the last
//! entries are textbook cases calculated by hand, and shares that follow from the kernel's weights.
//!
//! - `runs`: who has the CPU, one after the other, and for how many ticks.
//! - `mean`: mean response and turnaround times, and where a third number is there, waiting times.
//! - `ends`: when each job is done. `shares`: how many ticks each task gets.
//!
//! On the stubs the tests fail, as they should.

use std::process::Command;

const ORACLES: &str = include_str!("oracles.txt");

/// The program's output for the words of a command line.
fn output(command: &str) -> String {
    let mut words = command.split_whitespace();
    let program = match words.next() {
        Some("round-robin") => env!("CARGO_BIN_EXE_round-robin"),
        Some("priority-aging") => env!("CARGO_BIN_EXE_priority-aging"),
        Some("cfs") => env!("CARGO_BIN_EXE_cfs"),
        Some("mlfq") => env!("CARGO_BIN_EXE_mlfq"),
        Some("lottery-stride") => env!("CARGO_BIN_EXE_lottery-stride"),
        Some("eevdf") => env!("CARGO_BIN_EXE_eevdf"),
        other => panic!("no program is called {other:?}"),
    };
    let output = Command::new(program).args(words).output();
    let output = output.expect("the program was built for this test");
    assert!(
        output.status.success(),
        "{command}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("the drivers print text")
}

/// `0 A 4 B 7` as `A4 B3`, as far as the list goes. Where nobody runs (`-`), time passes, and no turn ends.
fn runs(output: &str) -> Vec<String> {
    let list = output.lines().next().and_then(|line| line.split_once(": "));
    let words: Vec<&str> = list.map_or("", |(_, list)| list).split(' ').collect();
    let mut runs: Vec<(&str, u64)> = Vec::new();
    for turn in words.windows(3).step_by(2) {
        let [start, end] = [turn[0], turn[2]].map(|time| time.parse::<u64>());
        // Behind the last one there may be ` and 5 more`.
        let (Ok(start), Ok(end), 1) = (start, end, turn[1].len()) else {
            break;
        };
        match runs.last_mut() {
            _ if turn[1] == "-" => {}
            Some((who, ticks)) if *who == turn[1] => *ticks += end - start,
            _ => runs.push((turn[1], end - start)),
        }
    }
    let runs = runs.iter();
    runs.map(|(who, ticks)| format!("{who}{ticks}")).collect()
}

/// The numbers of the line of means.
fn means(output: &str) -> Vec<&str> {
    let line = output.lines().find_map(|line| line.strip_prefix("mean "));
    line.unwrap_or_default().split_whitespace().collect()
}

/// `A16` for each job: when it is done, from the first column that says so.
fn ends(output: &str) -> Vec<String> {
    let rows = output.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [name, arrival, _, _, turnaround, _] if name.len() == 1 => {
                let end = arrival.parse::<u64>().ok()? + turnaround.parse::<u64>().ok()?;
                Some(format!("{name}{end}"))
            }
            _ => None,
        }
    });
    rows.collect()
}

/// `A8938` for each task: how many ticks it got.
fn shares(output: &str) -> Vec<String> {
    let rows = output.lines().filter_map(|line| {
        let (who, ticks) = line.split_once(": ")?;
        let ticks = ticks.split_once(" ticks, ")?.0;
        Some(format!("{}{ticks}", who.chars().next()?))
    });
    rows.collect()
}

/// Checks all entries of one program, and that there are so many.
#[track_caller]
fn check(program: &str, count: usize) {
    let mut command = "";
    let mut seen = String::new();
    let mut commands = 0;
    for line in ORACLES.lines() {
        let Some(expected) = line.strip_prefix("  ") else {
            command = line;
            if command.starts_with(program) {
                seen = output(command);
                commands += 1;
            }
            continue;
        };
        if !command.starts_with(program) {
            continue;
        }
        let (what, expected) = expected.split_once(' ').expect("a word and a list");
        let expected: Vec<&str> = expected.split(' ').collect();
        match what {
            "runs" => {
                let runs = runs(&seen);
                // The drivers list the first turns of a long schedule: those are compared.
                let is_cut = seen.lines().next().is_some_and(|it| it.ends_with(" more"));
                let listed = if is_cut {
                    runs.len() - 1
                } else {
                    expected.len()
                };
                assert!(!is_cut || listed > 40, "{command}: {runs:?}");
                assert_eq!(
                    runs[..listed.min(runs.len())],
                    expected[..listed],
                    "{command}"
                );
            }
            "mean" => assert_eq!(means(&seen)[..expected.len()], expected[..], "{command}"),
            "ends" => {
                let mut wanted = expected.clone();
                wanted.sort_unstable();
                assert_eq!(ends(&seen), wanted, "{command}");
            }
            "shares" => assert_eq!(shares(&seen), expected, "{command}"),
            other => panic!("no oracle is called `{other}`"),
        }
    }
    assert_eq!(commands, count, "entries for {program}");
}

#[test]
fn round_robin() {
    check("round-robin ", 16);
}

#[test]
fn priority_aging() {
    check("priority-aging ", 1);
}

#[test]
fn cfs() {
    check("cfs ", 2);
}

#[test]
fn mlfq() {
    check("mlfq ", 7);
}

#[test]
fn lottery_stride() {
    check("lottery-stride ", 5);
}

#[test]
fn eevdf() {
    check("eevdf ", 3);
}
