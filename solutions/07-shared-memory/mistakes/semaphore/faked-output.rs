//! Mistake: there are no processes and no semaphore, only the lines that are expected.

fn main() {
    let mut numbers = std::env::args().skip(1).map_while(|word| word.parse::<u32>().ok());
    let permits = numbers.next().unwrap_or(1);
    let processes = numbers.next().unwrap_or(2);
    println!("permits: {permits}, processes: {processes}");
    println!("in every schedule: all came through");
    println!("all at once: {} visits, as they should", 200 * processes);
}
