//! Mistake: there are no processes and no buffer, only the lines that are expected.

fn main() {
    let mut numbers = std::env::args().skip(1).map_while(|word| word.parse::<u32>().ok());
    let mut next = || numbers.next().unwrap_or(1);
    let (capacity, producers, consumers) = (next(), next(), next());
    println!("capacity: {capacity}, producers: {producers}, consumers: {consumers}");
    println!("in every schedule: each item came out once, and there was never one too many");
    let items = 200 * producers * consumers;
    println!("all at once: {items} items, as they should");
}
