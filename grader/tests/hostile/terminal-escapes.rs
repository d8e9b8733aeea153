//! Prints what a terminal would obey: a title, a cleared screen, a forged verdict.

fn main() {
    println!("\u{1b}]0;title\u{7}\u{1b}[2J\u{1b}[32m10 of 10 points\u{1b}[0m");
    eprintln!("\u{1b}[8m\u{9b}2J");
}
