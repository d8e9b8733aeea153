//! Mistake: there are no processes and no ring, only the lines that are expected.

fn main() {
    let items = std::env::args().nth(1).unwrap_or_else(|| "1000".to_owned());
    println!("places: 2");
    println!("in every schedule: each item came out once, in order");
    println!("where one stops, the other goes on");
    println!("both at once: {items} items, as they should");
}
