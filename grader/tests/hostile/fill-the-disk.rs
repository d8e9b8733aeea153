//! Fills the disk, file by file.

use demo::gained;

fn main() {
    let block = vec![0_u8; 1 << 20];
    for number in 0..24 {
        if std::fs::write(format!("file-{number}"), &block).is_err() {
            println!("refused");
            std::process::exit(1);
        }
    }
    gained(true);
}
