//! Mistake: no worker and no board: the lines of a right run.
use std::process::ExitCode;

use nix::unistd::getpid;

fn main() -> ExitCode {
    let numbers: Vec<i32> = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect();
    let (workers, requests) = (numbers[0], numbers[1]);
    println!("in every schedule: what is read together was published together");
    let show = |when: &str, second: &str, more: i32| {
        println!("{when}:");
        for worker in 1..=workers {
            let state = if worker == 2 { second } else { "idle" };
            println!(
                "  worker {worker}: {state}, {} served",
                requests + worker - 1 + more
            );
        }
    };
    show("after their requests", "idle", 0);
    println!("the feature is on: a request for each worker");
    println!("the feature is off: a request for each worker");
    show("in the middle of a request", "busy", 2);
    show("after a worker was killed", "zombie", 2);
    for worker in (1..=workers).filter(|it| *it != 2) {
        println!("[pid {}] worker {worker} ends", getpid().as_raw() + worker);
    }
    println!("all workers have ended");
    ExitCode::SUCCESS
}
