//! Crashes that are ordered: a worker or a main program panics because the case says so.
//!
//! The message of a panic on standard error is taken for a fault of the program, and rightly so. These panics are none,
//! nor are those that only pass them on, so they are told in other words.

use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};

/// What an ordered panic carries.
#[derive(Debug)]
struct Ordered;

static HAS_PANICKED: AtomicBool = AtomicBool::new(false);

/// To be called once, before the first ordered panic: all panics from then on are told here.
pub(crate) fn tell_of_ordered_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload().is::<Ordered>() {
            HAS_PANICKED.store(true, Ordering::SeqCst);
            eprintln!("(a panic, as it was ordered)");
        } else if HAS_PANICKED.load(Ordering::SeqCst) {
            eprintln!("(another panic followed{})", place(info));
        } else {
            usual(info);
        }
    }));
}

fn place(info: &PanicHookInfo<'_>) -> String {
    info.location()
        .map_or_else(String::new, |it| format!(": {}:{}", it.file(), it.line()))
}

/// Panics because it was ordered.
pub(crate) fn panic_as_ordered() -> ! {
    panic::panic_any(Ordered)
}
