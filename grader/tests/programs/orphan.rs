//! Leaves a process behind: one that writes later, keeps standard output open, hangs, prints, stops, or hides.

use std::io::{PipeReader, Read as _, Write as _, pipe, stdout};
use std::process::exit;
use std::thread::sleep;
use std::time::Duration;

const SIGSTOP: i32 = 19;

unsafe extern "C" {
    fn fork() -> i32;
    fn raise(signal: i32) -> i32;
    fn setsid() -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}

fn main() {
    let what = std::env::args().nth(1).unwrap();
    let (mut reader, writer) = pipe().unwrap();
    print("parent\n");
    match what.as_str() {
        "daemon" => {
            let between = start(|| {
                // SAFETY: no memory is touched.
                unsafe { setsid() };
                start(|| {
                    std::env::set_current_dir("/").unwrap();
                    (&writer).write_all(b"!").unwrap();
                    sleep_for_ever();
                });
            });
            reap(between);
            reader.read_exact(&mut [0]).unwrap();
        }
        _ => {
            start(|| {
                drop(writer);
                be_orphan(reader, &what);
            });
        }
    }
}

fn be_orphan(mut parent: PipeReader, what: &str) {
    // Only the parent has the write end now: the end of file is its end.
    parent.read_to_end(&mut Vec::new()).unwrap();
    match what {
        "writes" => print("child\n"),
        "writes-late" => {
            sleep(Duration::from_millis(800));
            print("child\n");
        }
        "sleeps" => {
            // For whoever waits until the parent has gone.
            std::fs::write("alone", "").unwrap();
            sleep_for_ever();
        }
        "hangs" => {
            let (mut reader, _writer) = pipe().unwrap();
            let _ = reader.read(&mut [0]);
        }
        "prints" => loop {
            print("again\n");
        },
        "stops" => {
            // SAFETY: the signal has its default action.
            unsafe { raise(SIGSTOP) };
        }
        other => panic!("{other}"),
    }
}

fn start(child: impl FnOnce()) -> i32 {
    // SAFETY: one thread, so the child may do what it likes.
    let pid = unsafe { fork() };
    if pid == 0 {
        child();
        exit(0);
    }
    pid
}

fn reap(pid: i32) {
    let mut status = 0;
    // SAFETY: `status` is a valid place for an int.
    unsafe { waitpid(pid, &raw mut status, 0) };
}

fn print(text: &str) {
    stdout().write_all(text.as_bytes()).unwrap();
    stdout().flush().unwrap();
}

fn sleep_for_ever() -> ! {
    loop {
        sleep(Duration::from_secs(3600));
    }
}
