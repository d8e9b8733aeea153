//! Mistake: no downloads, no monitor: the lines of a right run.

use std::process::ExitCode;

use nix::unistd::getpid;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (canceled, names) = (&arguments[0], &arguments[1..]);
    let own = getpid().as_raw();
    println!("the monitor is [pid {own}]");
    let mut ended: Vec<&String> = Vec::new();
    let mut look = 0;
    let mut show = |ended: &[&String]| {
        look += 1;
        for name in names {
            let not = if ended.contains(&name) { "not " } else { "" };
            println!("look {look}: {name} is {not}alive");
        }
    };
    show(&ended);
    for (place, name) in names.iter().filter(|name| *name != canceled).enumerate() {
        println!(
            "[pid {}] {name} is complete",
            own + 1 + i32::try_from(place).unwrap_or(0)
        );
        ended.push(name);
        show(&ended);
        if place == 0 {
            println!("the user cancels {canceled}");
            ended.push(canceled);
            show(&ended);
        }
    }
    for name in names {
        println!(
            "{name}: exit code {}",
            if name == canceled { -15 } else { 0 }
        );
    }
    ExitCode::SUCCESS
}
