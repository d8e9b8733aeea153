//! Mistake: no workers, nobody who ends: the lines of a right run.

use std::process::ExitCode;

use nix::unistd::getpid;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let pid = getpid().as_raw() + 1;
    println!("the main program is [pid {pid}]");
    let (how, workers) = (&arguments[0], &arguments[1..]);
    let killed = how != "returns";
    let (daemons, others): (Vec<&String>, Vec<&String>) =
        workers.iter().partition(|it| it.ends_with(":daemon"));
    let name = |worker: &str| worker.replace(":daemon", "");
    if !how.starts_with("killed-at") {
        for (worker, pid) in workers.iter().zip(pid + 1..) {
            let kind = if daemons.contains(&worker) {
                ", a daemon,"
            } else {
                ""
            };
            println!("{}{kind} is at work in [pid {pid}]", name(worker));
        }
    }
    let work = || {
        others
            .iter()
            .for_each(|it| println!("{it} has done its work"))
    };
    if killed {
        println!("the main program was killed by SIGKILL");
    } else {
        work();
        println!("the main program ended with exit code 0");
    }
    for daemon in daemons {
        println!("{} has ended with the main program", name(daemon));
    }
    if killed {
        work();
    }
    ExitCode::SUCCESS
}
