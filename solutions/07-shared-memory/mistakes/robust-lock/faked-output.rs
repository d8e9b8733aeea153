//! Mistake: there are no processes and no lock, only the lines that are expected.

fn main() {
    let processes = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(2);
    println!("processes: {processes}");
    println!("in every schedule, and wherever the holder dies: the others came through");
    let visits = 100 * (processes - 1) + 20;
    println!("all at once: {visits} visits, 1 holder killed, 1 told of it, as they should");
}
