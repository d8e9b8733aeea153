//! Mistake: no reader is started and nothing is opened: the program prints what it is expected to print.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use fifos::fifo_timeout::drive;

fn open_within(_path: &Path, patience: Duration) -> io::Result<File> {
    sleep(patience);
    Err(io::ErrorKind::TimedOut.into())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [order, size] if order == "reader-first" || order == "late-reader" => {
            let (writer, reader) = (std::process::id(), std::process::id() + 1);
            println!("[pid {writer}] sent {size} bytes");
            println!("[pid {reader}] received {size} bytes, intact");
            println!("all programs ended");
            ExitCode::SUCCESS
        }
        _ => drive(open_within),
    }
}
