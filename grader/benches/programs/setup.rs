//! What a sandbox costs: a program that does nothing, spawned as it is, and run by the grader's runner, in turns.
//!
//!     setup GRADER ROUNDS PROGRAM FOLDER
//!
//! Prints a line for each way: its name and the median in microseconds.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, grader, rounds, program, folder] = &arguments[..] else {
        panic!("usage: setup GRADER ROUNDS PROGRAM FOLDER");
    };
    let rounds: usize = rounds.parse().unwrap();
    let request = format!(
        "{{\"program\":\"{program}\",\"args\":[],\"stdin\":\"\",\"folder\":\"{folder}\",\"data\":false,\
         \"expected_orphans\":0,\"wall_ms\":60000,\"cpu_seconds\":10,\"output_bytes\":4096,\"processes\":64,\
         \"descriptors\":64,\"file_bytes\":1048576,\"memory_bytes\":4294967296,\"disk_bytes\":67108864,\
         \"hidden\":[]}}\n"
    );
    // The grader's own start is part of what a run costs, and is told apart.
    let ways = ["bare", "start", "full", "reduced"];
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); ways.len()];
    for round in 0..rounds + 2 {
        for (way, times) in ways.iter().zip(&mut times) {
            let began = Instant::now();
            match *way {
                "bare" => spawn(program),
                "start" => start(grader),
                way => run(grader, way, &request),
            }
            // The first two rounds warm caches up.
            if round >= 2 {
                times.push(began.elapsed());
            }
        }
    }
    for (way, mut times) in ways.iter().zip(times) {
        times.sort();
        println!("{way} {}", times[times.len() / 2].as_micros());
    }
}

fn spawn(program: &str) {
    let status = Command::new(program).status().unwrap();
    assert!(status.success());
}

/// A runner that gets no request ends at once.
fn start(grader: &str) {
    let mut command = Command::new(grader);
    command.arg("__run").stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    assert!(!command.status().unwrap().success());
}

fn run(grader: &str, mode: &str, request: &str) {
    let mut runner = Command::new(grader)
        .arg("__run")
        .env("FORKLINGS_SANDBOX", mode)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lifeline = runner.stdin.take().unwrap();
    lifeline.write_all(request.as_bytes()).unwrap();
    let mut record = String::new();
    runner
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut record)
        .unwrap();
    assert!(runner.wait().unwrap().success());
    drop(lifeline);
    assert!(record.contains("\"how\":\"exited\",\"code\":0"), "{record}");
    // What was measured is what was asked for.
    let is_full = record.contains("{\"layer\":\"pid-namespace\",\"state\":\"active\"}");
    assert_eq!(is_full, mode == "full", "{record}");
}
