//! The words: `std::sync::atomic` and futex(2), with a gate before each operation.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use rustix::io::Errno;
use rustix::thread::futex::{self, Flags};

use super::gate;
use super::operation::{Action, Effect};

/// Why [`SharedU32::futex_wait`] has returned. Whatever it is: look at the word again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Somebody woke this process, or nobody did: the kernel allows itself that, see futex(2).
    Woken,
    /// The word was not the expected one: the process has not slept (`EAGAIN`).
    Changed,
    /// A signal came (`EINTR`).
    Interrupted,
}

macro_rules! word {
    ($name:ident, $atomic:ident, $value:ident) => {
        #[doc = concat!("A `", stringify!($value), "` that several processes may use at once: ")]
        #[doc = concat!("[`", stringify!($atomic), "`] whose operations can be put in order by a schedule.")]
        #[derive(Debug)]
        #[repr(transparent)]
        pub struct $name($atomic);

        impl $name {
            /// A word with this value.
            #[must_use]
            pub const fn new(value: $value) -> Self {
                Self($atomic::new(value))
            }

            /// Reads the word.
            #[inline]
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                self.perform(Action::Load, [0, 0], |word| word.load(order))
            }

            /// Writes the word.
            #[inline]
            #[track_caller]
            pub fn store(&self, value: $value, order: Ordering) {
                self.perform(Action::Store, [value.into(), 0], |word| {
                    word.store(value, order);
                    value
                });
            }

            /// Writes the word and returns what it was.
            #[inline]
            #[track_caller]
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                self.perform(Action::Swap, [value.into(), 0], |word| word.swap(value, order))
            }

            /// Adds to the word, wrapping around, and returns what it was.
            #[inline]
            #[track_caller]
            pub fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                self.perform(Action::FetchAdd, [value.into(), 0], |word| word.fetch_add(value, order))
            }

            /// Subtracts from the word, wrapping around, and returns what it was.
            #[inline]
            #[track_caller]
            pub fn fetch_sub(&self, value: $value, order: Ordering) -> $value {
                self.perform(Action::FetchSub, [value.into(), 0], |word| word.fetch_sub(value, order))
            }

            /// Clears the bits that `value` lacks and returns what the word was.
            #[inline]
            #[track_caller]
            pub fn fetch_and(&self, value: $value, order: Ordering) -> $value {
                self.perform(Action::FetchAnd, [value.into(), 0], |word| word.fetch_and(value, order))
            }

            /// Sets the bits of `value` and returns what the word was.
            #[inline]
            #[track_caller]
            pub fn fetch_or(&self, value: $value, order: Ordering) -> $value {
                self.perform(Action::FetchOr, [value.into(), 0], |word| word.fetch_or(value, order))
            }

            /// Writes `new` if the word is `current`: `Ok` with what it was, or `Err` with what it is.
            #[inline]
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let operands = [current.into(), new.into()];
                let was = self.perform(Action::CompareExchange, operands, |word| {
                    let result = word.compare_exchange(current, new, success, failure);
                    result.unwrap_or_else(|was| was)
                });
                if was == current { Ok(was) } else { Err(was) }
            }

            /// The same; it may fail although the word is `current`, so it belongs into a loop.
            #[inline]
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.compare_exchange(current, new, success, failure)
            }

            /// Changes the word by a function of what it is, until nobody else comes in between: `Ok` with what it was, or
            /// `Err` with what it is where the function returns `None`.
            #[inline]
            #[track_caller]
            pub fn fetch_update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut change: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let mut was = self.load(fetch_order);
                while let Some(new) = change(was) {
                    match self.compare_exchange(was, new, set_order, fetch_order) {
                        Ok(was) => return Ok(was),
                        Err(is) => was = is,
                    }
                }
                Err(was)
            }

            #[inline]
            #[track_caller]
            fn perform(
                &self,
                action: Action,
                operands: [u64; 2],
                operation: impl FnOnce(&$atomic) -> $value,
            ) -> $value {
                if !gate::pass(action, (&raw const *self).addr(), operands) {
                    return operation(&self.0);
                }
                // Nobody else runs until the next gate, so these two looks see what this operation does.
                let before = self.0.load(Ordering::Relaxed);
                let result = operation(&self.0);
                let changed = self.0.load(Ordering::Relaxed) != before;
                gate::done(result.into(), if changed { Effect::Change } else { Effect::None });
                result
            }
        }
    };
}

word!(SharedU32, AtomicU32, u32);
word!(SharedU64, AtomicU64, u64);

impl SharedU32 {
    /// FUTEX_WAIT: sleeps until it is woken, if the word is `expected`. Comparing and falling asleep are one step: no
    /// [`futex_wake`](Self::futex_wake) comes in between.
    ///
    /// `Flags::PRIVATE` promises the kernel that no other process uses the word.
    #[track_caller]
    pub fn futex_wait(&self, flags: Flags, expected: u32) -> Wait {
        let is_private = flags.contains(Flags::PRIVATE).into();
        let operands = [expected.into(), is_private];
        let gated = gate::pass(Action::Wait, (&raw const *self).addr(), operands);
        let result = futex::wait_bitset(&self.0, flags, expected, None, gate::sleeper());
        let wait = match result {
            Ok(()) => Wait::Woken,
            Err(Errno::AGAIN) => Wait::Changed,
            Err(Errno::INTR) => Wait::Interrupted,
            Err(error) => panic!("futex_wait failed: {error}"),
        };
        if gated {
            gate::returned((&raw const *self).addr(), wait as u64);
        }
        wait
    }

    /// FUTEX_WAKE: wakes at most `count` of the processes that sleep in [`futex_wait`](Self::futex_wait) on this word, and
    /// returns how many.
    #[track_caller]
    pub fn futex_wake(&self, flags: Flags, count: u32) -> u32 {
        let is_private = flags.contains(Flags::PRIVATE).into();
        let operands = [count.into(), is_private];
        let gated = gate::pass(Action::Wake, (&raw const *self).addr(), operands);
        // The kernel takes an `int`.
        let most = count.min(i32::MAX.cast_unsigned());
        let woken = match futex::wake(&self.0, flags, most) {
            Ok(woken) => u32::try_from(woken).unwrap_or(u32::MAX),
            Err(error) => panic!("futex_wake failed: {error}"),
        };
        if gated {
            gate::done(woken.into(), Effect::Change);
        }
        woken
    }

    /// Reads the word without a gate, as a part of the step before: for what is made of several operations and is to look like one.
    pub(crate) fn load_in_the_same_step(&self, order: Ordering) -> u32 {
        self.0.load(order)
    }

    /// Wakes without a gate, as a part of the step before.
    pub(crate) fn wake_in_the_same_step(&self, count: u32) {
        let most = count.min(i32::MAX.cast_unsigned());
        // It fails for an address that is no memory, and this one is.
        let _ = futex::wake(&self.0, Flags::empty(), most);
    }
}
