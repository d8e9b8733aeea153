//! Memory that several processes have at once, and the words in it.
//!
//! # Layout
//!
//! - [`SharedU32`] and [`SharedU64`]: words with the operations of `std::sync::atomic`; the first also with those of futex(2).
//! - [`shared!`](crate::shared!): a struct that consists of such words, and [`place`]: puts it into memory that every process
//!   has which is forked from then on.
//! - `gate` and `operation`: each operation of a word can be made to wait for leave. Outside a schedule nothing of it is noticed.
//! - [`stage`]: processes whose every operation waits for leave, and who may go on; `schedule`: all orders that matter.
//! - [`monitor`]: a lock and a condition, given where the exercise is about their use.
//! - [`robust`]: words that the kernel looks at when a process dies.
//! - [`crowd`]: the same processes without a gate, as fast as they can.
//!
//! The same files are in every lab that needs them, so that a lab can be copied out and built alone.

use std::num::NonZeroUsize;

use crossbeam_utils::CachePadded;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};

mod actor;
pub mod crowd;
mod gate;
pub mod monitor;
mod operation;
pub mod robust;
mod schedule;
pub mod stage;
mod story;
mod word;

pub use gate::point;
pub use operation::{Action, Operation};
pub use rustix::thread::futex::Flags;
pub use schedule::{
    Asleep, Failure, Watch, What, enumerate, failure, finish, run_before, run_until,
};
pub use story::sleep;
pub use word::{SharedU32, SharedU64, Wait};

/// What may lie in shared memory: words, and what is made of them.
///
/// # Safety
///
/// Every byte that is ever read or written belongs to an atomic, so that other processes may change it at any time; nothing points
/// anywhere, because a pointer means something else in each process.
pub unsafe trait Shareable: Sync + 'static {
    /// The name of what lies `offset` bytes from the beginning, as Rust would write it: `.slots[3]`.
    fn name_at(offset: usize) -> String;
}

// SAFETY: it is an atomic.
unsafe impl Shareable for SharedU32 {
    fn name_at(_offset: usize) -> String {
        String::new()
    }
}

// SAFETY: it is an atomic.
unsafe impl Shareable for SharedU64 {
    fn name_at(_offset: usize) -> String {
        String::new()
    }
}

// SAFETY: it consists of what may be shared.
unsafe impl<T: Shareable, const N: usize> Shareable for [T; N] {
    fn name_at(offset: usize) -> String {
        let size = size_of::<T>().max(1);
        format!("[{}]{}", offset / size, T::name_at(offset % size))
    }
}

// SAFETY: it is what it holds, and bytes that nobody uses.
unsafe impl<T: Shareable> Shareable for CachePadded<T> {
    fn name_at(offset: usize) -> String {
        T::name_at(offset)
    }
}

/// Declares a struct that may lie in shared memory: each of its fields must be a shared word, an array of them, padded
/// (`CachePadded`), or another such struct.
///
/// A `Box`, a `String` or a `Mutex` of the standard library is refused, because what they point to, or wait for, belongs to
/// one process alone.
#[macro_export]
macro_rules! shared {
    ($(#[$attribute:meta])* $visible:vis struct $name:ident {
        $($(#[$field_attribute:meta])* $field_visible:vis $field:ident: $kind:ty),* $(,)?
    }) => {
        $(#[$attribute])*
        $visible struct $name {
            $($(#[$field_attribute])* $field_visible $field: $kind,)*
        }

        // SAFETY: each field may be shared; the compiler checks the bounds.
        unsafe impl $crate::shared::Shareable for $name
        where
            $($kind: $crate::shared::Shareable,)*
        {
            fn name_at(offset: usize) -> String {
                $({
                    let start = ::std::mem::offset_of!($name, $field);
                    if (start..start + ::std::mem::size_of::<$kind>()).contains(&offset) {
                        let inner = <$kind as $crate::shared::Shareable>::name_at(offset - start);
                        return format!(".{}{inner}", stringify!($field));
                    }
                })*
                format!("+{offset}")
            }
        }
    };
}

/// Puts a value into new memory that this process shares with every process that it forks from now on. It stays until they end.
pub fn place<T: Shareable>(value: T) -> nix::Result<&'static T> {
    let length = NonZeroUsize::new(size_of::<T>()).unwrap_or(NonZeroUsize::MIN);
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?.cast::<T>();
    // SAFETY: the mapping is large enough, aligned to a page, and nobody else has it yet.
    unsafe { memory.write(value) };
    // SAFETY: it holds a `T`, it is never unmapped, and `Shareable` promises that changes from elsewhere are expected.
    Ok(unsafe { memory.as_ref() })
}
