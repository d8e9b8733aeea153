//! Mistake: there are no processes and no counter, only the lines that are expected.

fn main() {
    let processes = std::env::args()
        .nth(1)
        .and_then(|it| it.parse::<u64>().ok())
        .unwrap_or(2);
    println!("processes: {processes}");
    println!("in every schedule: no addition is lost");
    println!("in every schedule: the limit is reached, and kept");
    println!(
        "all at once: {} additions, and {} up to a limit",
        20_000 * processes,
        10_000 * processes
    );
}
