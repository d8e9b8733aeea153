//! Prints: without end, up to a limit, bytes that are no text, or where nothing can be printed any more.

use std::io::{self, Write as _};
use std::process::exit;
use std::thread::sleep;
use std::time::Duration;

unsafe extern "C" {
    fn close(descriptor: i32) -> i32;
    fn write(descriptor: i32, bytes: *const u8, count: usize) -> isize;
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args[1].as_str() {
        "without-end" => loop {
            print(b"again\n");
        },
        // So many bytes, and an end right after them.
        "bytes" => print(&vec![b'x'; args[2].parse().unwrap()]),
        "no-text" => print(b"a\0b\xff\xfe\xc3\n\xe2\x82"),
        // The end of the output is not the end of the program.
        "closed" => {
            print(b"before\n");
            close_all(&[1, 2]);
            sleep(Duration::from_millis(300));
            exit(3);
        }
        "nowhere" => {
            close_all(&[0, 1, 2]);
            // SAFETY: the bytes are there; the descriptor is closed, which is the point.
            let written = unsafe { write(1, b"lost".as_ptr(), 4) };
            exit(if written == -1 { 9 } else { 0 });
        }
        other => panic!("{other}"),
    }
}

fn print(bytes: &[u8]) {
    io::stdout().write_all(bytes).unwrap();
    io::stdout().flush().unwrap();
}

fn close_all(descriptors: &[i32]) {
    for descriptor in descriptors {
        // SAFETY: nothing uses these descriptors afterwards but on purpose.
        unsafe { close(*descriptor) };
    }
}
