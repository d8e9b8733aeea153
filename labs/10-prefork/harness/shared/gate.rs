//! The gate, from the side of the process that wants to pass it.
//!
//! A process that belongs to a stage says what it is about to do, and waits for leave, before each operation on a shared word. A process
//! that belongs to none passes without noticing.
//!
//! A process that does over and over what can have no other result, because nobody else has run, is not asked each time: what it
//! does is waiting, and where it goes on with that for too long it says so.

use std::cell::RefCell;
use std::num::NonZeroU32;
use std::os::fd::OwnedFd;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::unistd::{read, write};

use super::operation::{Action, Effect, LEAVE, Leave, Operation};

/// So many looks in vain are busy waiting. Processes that look a while before they sleep stay far below it.
const MOST_LOOKS: u32 = 10_000;

/// A process's place at the gate.
struct Seat {
    index: u32,
    says: OwnedFd,
    hears: OwnedFd,
    last_result: u64,
    /// What has been done without effect since somebody else ran or this process changed anything.
    in_vain: Vec<(Action, usize, [u64; 2], u32)>,
    looks: u32,
    /// How many operations it may do without asking.
    leave: u32,
    current: (Action, usize, [u64; 2], u32),
}

thread_local! {
    static SEAT: RefCell<Option<Seat>> = const { RefCell::new(None) };
}

/// Whether this process has a seat. Asked before each operation, which may take no longer than a few nanoseconds where nobody has one.
static HAS_SEAT: AtomicBool = AtomicBool::new(false);

/// Takes a seat: from now on every operation of this process waits for leave.
pub(super) fn sit_down(index: u32, says: OwnedFd, hears: OwnedFd) {
    let seat = Seat {
        index,
        says,
        hears,
        last_result: 0,
        in_vain: Vec::new(),
        looks: 0,
        leave: 0,
        current: (Action::Begin, 0, [0; 2], 0),
    };
    SEAT.set(Some(seat));
    HAS_SEAT.store(true, Ordering::Relaxed);
}

/// Waits for leave, if this process has a seat; `false` if it has none.
#[inline]
#[track_caller]
pub(super) fn pass(action: Action, word: usize, operands: [u64; 2]) -> bool {
    HAS_SEAT.load(Ordering::Relaxed) && pass_seated(action, word, operands)
}

#[cold]
#[track_caller]
fn pass_seated(action: Action, word: usize, operands: [u64; 2]) -> bool {
    let line = Location::caller().line();
    with_seat(|seat| seat.pass(action, word, operands, line))
}

/// Notes the result of what was done.
pub(super) fn done(result: u64, effect: Effect) {
    with_seat(|seat| {
        seat.last_result = result;
        match effect {
            Effect::None if !seat.in_vain.contains(&seat.current) => {
                seat.in_vain.push(seat.current)
            }
            Effect::None => {}
            Effect::Change => seat.forget(),
        }
    });
}

/// Says that a wait has returned, and waits for leave to go on.
#[track_caller]
pub(super) fn returned(word: usize, result: u64) {
    let line = Location::caller().line();
    with_seat(|seat| {
        seat.last_result = result;
        seat.pass(Action::Returned, word, [0; 2], line);
    });
}

/// A point of the driver's own, at which others may run, too. It does nothing in a process without a seat.
#[track_caller]
pub fn point(number: u64, value: u64) {
    pass(Action::Point, 0, [number, value]);
    done(0, Effect::Change);
}

/// The bit of the kernel's bitset by which this process alone can be woken; all of them where it has no seat.
pub(super) fn sleeper() -> NonZeroU32 {
    SEAT.with_borrow(|seat| {
        seat.as_ref()
            .map_or(NonZeroU32::MAX, |seat| bit(seat.index))
    })
}

/// The bit of a seat.
pub(super) fn bit(index: u32) -> NonZeroU32 {
    NonZeroU32::new(1 << (index % u32::BITS)).unwrap_or(NonZeroU32::MIN)
}

/// Waits until it may begin.
pub(super) fn begin() {
    with_seat(|seat| {
        seat.await_leave();
        seat.leave -= 1;
    });
}

/// Says that this process has finished, and waits until it may begin again.
pub(super) fn end() {
    with_seat(|seat| {
        seat.forget();
        seat.say(Action::End, 0, [0; 2], 0);
    });
}

fn with_seat(what: impl FnOnce(&mut Seat)) -> bool {
    SEAT.with_borrow_mut(|seat| seat.as_mut().map(what).is_some())
}

impl Seat {
    fn pass(&mut self, action: Action, word: usize, operands: [u64; 2], line: u32) {
        self.current = (action, word, operands, line);
        if self.in_vain.contains(&self.current) {
            self.looks += 1;
            if self.looks < MOST_LOOKS {
                return;
            }
            self.say(Action::Spin, word, operands, line);
        } else {
            self.say(action, word, operands, line);
        }
    }

    fn forget(&mut self) {
        self.in_vain.clear();
        self.looks = 0;
    }

    /// Says what comes next, and waits where there is no leave for it.
    fn say(&mut self, action: Action, word: usize, operands: [u64; 2], line: u32) {
        let operation = Operation {
            action,
            word,
            operands,
            line,
            last_result: self.last_result,
        };
        loop {
            match write(&self.says, &operation.to_message()) {
                Ok(_) => break,
                Err(Errno::EINTR) => {}
                Err(_) => leave(),
            }
        }
        if self.leave == 0 || operation.asks_again() {
            self.await_leave();
        }
        self.leave -= 1;
    }

    fn await_leave(&mut self) {
        let mut message = [0; LEAVE];
        loop {
            match read(&self.hears, &mut message) {
                Ok(LEAVE) => break,
                Err(Errno::EINTR) => {}
                // The driver has closed the gate: the play is over.
                _ => leave(),
            }
        }
        let given = Leave::from_message(message);
        self.leave = given.operations;
        if given.others_ran {
            self.forget();
        }
    }
}

fn leave() -> ! {
    // SAFETY: `_exit` does not return, and leaves the driver's buffers alone.
    unsafe { nix::libc::_exit(0) }
}
