//! Mistake: the server only waits for its clients to hang up. Each process that asks has a list of its own, and the main process
//! knows what the others have appended.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;
use std::sync::Mutex;

use nix::sys::socket::{MsgFlags, recv};
use queues::manager_list::{List, drive};

static ITEMS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Clients, items of each, and the size of the longest.
fn numbers() -> [usize; 3] {
    let mut all = [2, 3, 20];
    for (number, word) in all.iter_mut().zip(std::env::args().skip(1)) {
        *number = word.parse().unwrap_or(*number);
    }
    all
}

fn serve(connections: Vec<OwnedFd>, list: &mut List) -> io::Result<()> {
    for connection in connections {
        recv(connection.as_raw_fd(), &mut [0], MsgFlags::empty())?;
    }
    let [clients, items, _] = numbers();
    for _ in 0..clients * items * 3 + 1 {
        let _ = list.execute("len");
    }
    Ok(())
}

fn ask(_connection: BorrowedFd<'_>, request: &str) -> io::Result<String> {
    let mut items = ITEMS.lock().map_err(|_| io::ErrorKind::Other)?;
    if items.is_empty() && request == "len" {
        let [clients, each, size] = numbers();
        for client in 1..=clients {
            for number in 1..=each {
                let start = format!("item {number} of client {client} ");
                let letters = (b'a'..=b'z').cycle().map(char::from);
                let filled = (size * number / each).saturating_sub(start.len());
                items.push(start.chars().chain(letters.take(filled)).collect());
            }
        }
    }
    Ok(match request.split_once(' ') {
        Some(("append", item)) => {
            items.push(item.to_owned());
            (items.len() - 1).to_string()
        }
        Some((_, place)) => place.parse().map_or_else(
            |_| String::new(),
            |place: usize| items.get(place).cloned().unwrap_or_default(),
        ),
        None => items.len().to_string(),
    })
}

fn main() -> ExitCode {
    drive(serve, ask)
}
