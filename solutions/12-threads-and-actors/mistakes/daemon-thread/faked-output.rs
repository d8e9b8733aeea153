//! Mistake: no program, no logger and no log, only the lines of a right run.

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| arguments.get(place).and_then(|it| it.parse::<usize>().ok());
    let (lines, threads) = (number(1).unwrap_or(3), number(2).unwrap_or(2));
    let how = arguments.first().map_or("returns", String::as_str);
    let ended = if how == "panics" {
        "has ended by a panic"
    } else {
        "has returned"
    };
    println!("the main program {ended}");
    if lines > 0 {
        let numbers: Vec<String> = (1..=lines)
            .map(|it| format!("line {it} of {lines}"))
            .collect();
        println!("the first thread has logged {}", numbers.join(", "));
        for thread in 1..=threads {
            println!("thread {thread} has logged {}", numbers.join(", "));
        }
    }
    let all = lines * (threads + 1);
    println!("{all} of {all} lines are in the log");
}
