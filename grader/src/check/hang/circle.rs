//! Processes that wait for each other in a circle.

use std::collections::VecDeque;

use super::names::Names;
use crate::record::Record;
use crate::record::alive::{Alive, Enders, Thread};

/// The shortest circle, as a sentence; of equally short ones the one that begins with the lowest number.
pub(super) fn sentence(record: &Record, names: &Names<'_>) -> Option<String> {
    let circle = find(&record.alive)?;
    let pids: Vec<i32> = circle
        .iter()
        .map(|place| record.alive[*place].pid)
        .collect();
    let (first, rest) = pids.split_first()?;
    let mut text = format!("{} waits for ", names.process(*first));
    for pid in rest {
        text.push_str(&format!("{}, which waits for ", names.process(*pid)));
    }
    text.push_str(&format!("{}.", names.process(*first)));
    Some(text)
}

/// The places of the processes on the shortest circle.
fn find(all: &[Alive]) -> Option<Vec<usize>> {
    let edges: Vec<Vec<usize>> = (0..all.len()).map(|at| waits_for(at, all)).collect();
    let circles = (0..all.len()).filter_map(|start| shortest(start, &edges));
    circles.min_by_key(|circle| (circle.len(), circle[0]))
}

/// Which other processes a process waits for.
fn waits_for(at: usize, all: &[Alive]) -> Vec<usize> {
    let process = &all[at];
    let mut places = Vec::new();
    for wait in process.threads.iter().filter_map(Thread::wait) {
        for awaited in &wait.awaited {
            match process.enders(awaited, all) {
                Enders::These(enders) => {
                    let place = |pid| all.iter().position(|it| it.pid == pid);
                    places.extend(enders.iter().filter_map(|ender| place(ender.pid)));
                }
                // Of two processes it can only be the other one.
                Enders::Anybody if all.len() == 2 => places.push(1 - at),
                Enders::Anybody | Enders::Outside => {}
            }
        }
    }
    // That it waits for itself is said where it is said what it waits for.
    places.retain(|place| *place != at);
    places.sort_unstable();
    places.dedup();
    places
}

/// The shortest way from a process back to itself.
fn shortest(start: usize, edges: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut before = vec![None; edges.len()];
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for next in &edges[at] {
            if *next == start {
                let mut way = vec![at];
                while let Some(earlier) = before[way[way.len() - 1]] {
                    way.push(earlier);
                }
                way.reverse();
                return Some(way);
            }
            if before[*next].is_none() {
                before[*next] = Some(at);
                queue.push_back(*next);
            }
        }
    }
    None
}
