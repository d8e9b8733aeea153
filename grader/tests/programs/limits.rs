//! Uses up what a process may have: open descriptors, the size of a file.

use std::fs::File;
use std::io::Write as _;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args[1].as_str() {
        "descriptors" => {
            let mut open = Vec::new();
            let refused = loop {
                match File::open("/dev/null") {
                    Ok(file) => open.push(file),
                    Err(error) => break error,
                }
            };
            // With the three standard ones.
            println!("{} open, then: {refused}", open.len() + 3);
        }
        "file" => {
            let mut file = File::create("file").unwrap();
            file.write_all(&vec![b'x'; args[2].parse().unwrap()])
                .unwrap();
            println!("done");
        }
        "memory" => {
            // Asked for, and never touched: it counts all the same.
            let room: Vec<u8> = Vec::with_capacity(args[2].parse().unwrap());
            assert!(room.capacity() > 0);
            println!("done");
        }
        // So many at once, of which each allocates a little.
        "threads" => {
            let all = std::sync::Barrier::new(args[2].parse().unwrap());
            std::thread::scope(|scope| {
                for _ in 0..args[2].parse().unwrap() {
                    scope.spawn(|| {
                        let room = std::hint::black_box(vec![b'x'; 1000]);
                        all.wait();
                        drop(room);
                    });
                }
            });
            println!("done");
        }
        // So many files of one MiB each.
        "files" => {
            for number in 0..args[2].parse().unwrap() {
                if let Err(error) = std::fs::write(number_name(number), vec![b'x'; 1 << 20]) {
                    eprintln!("{error}");
                    std::process::exit(1);
                }
            }
            println!("done");
        }
        other => panic!("{other}"),
    }
}

fn number_name(number: u32) -> String {
    format!("file-{number}")
}
