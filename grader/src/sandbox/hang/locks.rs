//! Locks on files: who has the one that somebody waits for.
//!
//! The kernel lists a lock with each descriptor through which it is held (`proc_pid_fdinfo(5)`), so that a lock of `flock(2)` is
//! found in the hands of children that inherited it, too.

use std::fs;

use crate::record::alive::{Alive, Awaited, Does, Ender};

/// That somebody waits for a lock; who has it is found when all processes are known.
pub(super) fn wanted(descriptor: i32) -> Awaited {
    Awaited::Lock {
        descriptor,
        holders: Vec::new(),
    }
}

/// Fills in who has the locks that are waited for.
pub(super) fn find_holders(alive: &mut [Alive]) {
    let mut found = Vec::new();
    for (place, process) in alive.iter().enumerate() {
        for (at, thread) in process.threads.iter().enumerate() {
            let Some(wait) = thread.wait() else { continue };
            if let [Awaited::Lock { descriptor, .. }] = wait.awaited[..] {
                found.push((place, at, holders(process, descriptor, alive)));
            }
        }
    }
    for (place, at, known) in found {
        if let Does::Wait(wait) = &mut alive[place].threads[at].does
            && let [Awaited::Lock { holders, .. }] = &mut wait.awaited[..]
        {
            *holders = known;
        }
    }
}

fn holders(waiter: &Alive, descriptor: i32, all: &[Alive]) -> Vec<Ender> {
    let Some(object) = waiter.descriptor(descriptor).map(|it| &it.object) else {
        return Vec::new();
    };
    // What it has already is not what it waits for.
    let own = locks(waiter, descriptor);
    let holder = |process: &Alive| {
        let same = process.descriptors.iter().filter(|it| it.object == *object);
        let holds = |number: i32| locks(process, number).iter().any(|it| !own.contains(it));
        let descriptors = same.map(|it| it.number).filter(|number| holds(*number));
        let descriptors: Vec<i32> = descriptors.collect();
        (!descriptors.is_empty()).then_some(Ender {
            pid: process.pid,
            descriptors,
        })
    };
    all.iter().filter_map(holder).collect()
}

/// The locks that are held through a descriptor, without their numbers, which are those of lines.
fn locks(process: &Alive, descriptor: i32) -> Vec<String> {
    let witness = process.threads.first().map_or(process.pid, |it| it.id);
    let info = fs::read_to_string(format!("/proc/{witness}/fdinfo/{descriptor}"));
    let info = info.unwrap_or_default();
    let lines = info.lines().filter_map(|line| line.strip_prefix("lock:"));
    let lock = |line: &str| Some(line.split_once(": ")?.1.to_owned());
    lines.filter_map(lock).collect()
}
