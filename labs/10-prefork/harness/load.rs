//! A load client: processes that make one request after the other for a while, and how many replies they got.
//!
//! It is no part of the exercise: `benches/prefork.sh` compares servers with it. `prefork-server load PORT [CLIENTS [MILLISECONDS]]`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

use crate::client;
use crate::program::print_line;
use crate::shared::{Shareable, place};

const CLIENTS: u32 = 4;
const MOST_CLIENTS: u32 = 64;
const MILLISECONDS: u64 = 2000;

struct Count {
    replies: AtomicU64,
}

// SAFETY: it is an atomic.
unsafe impl Shareable for Count {
    fn name_at(_offset: usize) -> String {
        String::new()
    }
}

/// The port, and what follows it, if the program was started as `… load PORT …`.
pub(crate) fn asked_for(arguments: &[String]) -> Option<(u16, u32, Duration)> {
    let (word, rest) = arguments.split_first()?;
    let mut numbers = rest.iter().map(|number| number.parse::<u64>().ok());
    let port = u16::try_from(numbers.next()??).ok()?;
    let clients = numbers.next().unwrap_or(Some(CLIENTS.into()))?;
    let clients = u32::try_from(clients).ok()?.clamp(1, MOST_CLIENTS);
    let time = numbers.next().unwrap_or(Some(MILLISECONDS))?;
    (word == "load").then_some((port, clients, Duration::from_millis(time)))
}

/// Makes requests for so long, and prints how many replies came in a second. A reply that is missing is a failure.
pub(crate) fn run(port: u16, clients: u32, time: Duration) -> ExitCode {
    match measure(port, clients, time) {
        Ok(Some(rate)) => {
            print_line(&format!("{rate:.0} requests/s"));
            ExitCode::SUCCESS
        }
        Ok(None) => {
            eprintln!("a request got no whole reply");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("the load client failed: {error}");
            ExitCode::from(2)
        }
    }
}

fn measure(port: u16, clients: u32, time: Duration) -> nix::Result<Option<f64>> {
    let count = place(Count {
        replies: AtomicU64::new(0),
    })?;
    let begun = Instant::now();
    let mut children = Vec::new();
    for _ in 0..clients {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let mut is_served = true;
                while is_served && begun.elapsed() < time {
                    is_served = client::get(port, "/").is(200);
                    count.replies.fetch_add(1, Ordering::Relaxed);
                }
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(i32::from(!is_served)) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    let mut is_well = true;
    for child in children {
        is_well &= waitpid(child, None)? == WaitStatus::Exited(child, 0);
    }
    let seconds = begun.elapsed().as_secs_f64();
    let replies = count.replies.load(Ordering::Relaxed);
    Ok(is_well.then_some(replies as f64 / seconds))
}
