//! Makes files until there is no room for names.

use demo::gained;

fn main() {
    for number in 0..20_000 {
        if std::fs::write(format!("f{number}"), "").is_err() {
            println!("refused");
            std::process::exit(1);
        }
    }
    gained(true);
}
