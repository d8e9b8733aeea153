//! Words of memory on which threads sleep (`futex(2)`): in which memory each is, who maps that, and what the word says.

use nix::libc;

use super::call::Process;
use crate::record::alive::{Alive, Awaited, Mapped, SharedWord};
use crate::trace::maps::Region;
use crate::trace::{Recorder, memory};

/// The bits of a futex operation that say what is to be done.
pub(super) const COMMAND: i32 = !(libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME);

/// The bit that says that only threads of one process use the word.
pub(super) const PRIVATE: i32 = libc::FUTEX_PRIVATE_FLAG;

/// FUTEX_LOCK_PI2, which is newer than the C library's headers.
const LOCK_PI2: i32 = 13;

/// A word in which the owner's id stands has this bit while others wait (FUTEX_WAITERS); below it is the id (FUTEX_TID_MASK).
const WAITERS: u32 = 0x8000_0000;
const OWNER: u32 = 0x3fff_ffff;

/// At most so many shared mappings of a process are looked at.
const MOST_MAPPINGS: usize = 256;

/// What a thread waits for that sleeps on a word. `None` where the memory cannot be looked at.
pub(super) fn waited(
    process: &Process<'_>,
    address: u64,
    operation: i32,
    before: Option<u64>,
) -> Option<Awaited> {
    let region = Region::at(process.pid, address)?;
    let shared = region.is_shared.then(|| SharedWord {
        offset: address - region.start + region.offset,
        memory: mapped(&region, process.recorder),
    });
    let now = memory::int(process.pid, address).map(i32::cast_unsigned);
    let command = operation & COMMAND;
    let hands_over = matches!(
        command,
        libc::FUTEX_LOCK_PI | libc::FUTEX_WAIT_REQUEUE_PI | LOCK_PI2
    );
    let names_owner = hands_over || now.is_some_and(|now| now & WAITERS != 0);
    let owner = now.map(|now| now & OWNER).filter(|_| names_owner);
    Some(Awaited::Word {
        shared,
        private: operation & PRIVATE != 0,
        // What hands a lock over does not compare.
        before: before
            .filter(|_| !hands_over)
            .and_then(|before| u32::try_from(before & 0xffff_ffff).ok()),
        now,
        owner: owner
            .and_then(|it| i32::try_from(it).ok())
            .filter(|it| *it > 0),
    })
}

/// Fills in which shared memory the processes map, where somebody waits for a word in such memory.
pub(super) fn find_mappings(alive: &mut [Alive], recorder: Option<&Recorder>) {
    let is_shared = |awaited: &Awaited| {
        matches!(
            awaited,
            Awaited::Word {
                shared: Some(_),
                ..
            }
        )
    };
    let waits = |process: &Alive| {
        let mut waits = process.threads.iter().filter_map(|it| it.wait());
        waits.any(|wait| wait.awaited.iter().any(is_shared))
    };
    if !alive.iter().any(waits) {
        return;
    }
    for process in alive {
        let Some(witness) = process.threads.first().map(|it| it.id) else {
            continue;
        };
        let regions = Region::all(witness).into_iter();
        let shared = regions.filter(|it| it.is_shared).take(MOST_MAPPINGS);
        let mut all: Vec<Mapped> = shared.map(|it| mapped(&it, recorder)).collect();
        all.sort();
        all.dedup();
        process.maps = all;
    }
}

fn mapped(region: &Region, recorder: Option<&Recorder>) -> Mapped {
    let (device, inode) = region.identity;
    Mapped {
        object: format!("{device}:{inode}"),
        path: region.path.clone(),
        traced: recorder.and_then(|it| it.object_at(device, inode)),
    }
}
