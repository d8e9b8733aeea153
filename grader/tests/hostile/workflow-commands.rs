//! Prints commands that a continuous integration would obey.

fn main() {
    println!("::add-mask::right");
    println!("::stop-commands::x");
    println!("##[error]forged");
    eprintln!("::error file=x::forged");
}
