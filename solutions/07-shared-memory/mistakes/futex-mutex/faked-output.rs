//! Mistake: there are no processes and no mutex, only the lines that are expected.

fn main() {
    let processes = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(2);
    println!("processes: {processes}");
    println!("in every schedule: all came through");
    println!("all at once: {} visits, as they should", 200 * processes);
}
