//! The living without what differs between two runs of the same program: process ids and the kernel's numbers of objects.

use std::collections::HashMap;

use super::{Alive, Awaited, Does, Kind, Peer, Which};

/// Puts the places of processes where their ids stand, and numbers what they hold by first appearance.
pub(in crate::record) fn make_comparable(all: &mut [Alive], place: impl Fn(i32) -> i32) {
    let mut numbers = Numbers {
        place,
        threads: threads(all),
        objects: HashMap::new(),
    };
    for process in all {
        numbers.process(process);
    }
}

/// The threads that are not the first of their processes, by id: how many threads of the process are older.
fn threads(all: &[Alive]) -> HashMap<i32, (i32, usize)> {
    let of = |process: &Alive| {
        let pid = process.pid;
        let threads = process.threads.iter().enumerate();
        let ids = threads.map(move |(at, thread)| (thread.id, (pid, at)));
        ids.collect::<Vec<_>>()
    };
    all.iter().flat_map(of).collect()
}

struct Numbers<P> {
    place: P,
    threads: HashMap<i32, (i32, usize)>,
    objects: HashMap<String, usize>,
}

impl<P: Fn(i32) -> i32> Numbers<P> {
    fn process(&mut self, process: &mut Alive) {
        for it in &mut process.descriptors {
            self.object(&mut it.object);
            match &mut it.kind {
                Kind::Socket {
                    peer: Peer::Socket(object) | Peer::Unaccepted(object),
                } => self.object(object),
                Kind::Process { pid } => *pid = (self.place)(*pid),
                _ => {}
            }
        }
        for it in &mut process.maps {
            self.object(&mut it.object);
        }
        for thread in &mut process.threads {
            thread.id = self.thread(thread.id);
            if let Does::Wait(wait) = &mut thread.does {
                for awaited in &mut wait.awaited {
                    self.awaited(awaited);
                }
            }
        }
        for pid in [&mut process.pid, &mut process.parent, &mut process.group] {
            *pid = (self.place)(*pid);
        }
    }

    fn awaited(&mut self, awaited: &mut Awaited) {
        match awaited {
            Awaited::Acceptance {
                listener: Some(listener),
            } => self.object(listener),
            Awaited::Word { shared, owner, .. } => {
                if let Some(word) = shared {
                    self.object(&mut word.memory.object);
                }
                *owner = owner.map(|id| self.thread(id));
            }
            Awaited::Child {
                which: Which::Pid(pid) | Which::Group(pid),
            } => *pid = (self.place)(*pid),
            Awaited::Lock { holders, .. } => {
                for holder in holders {
                    holder.pid = (self.place)(holder.pid);
                }
            }
            _ => {}
        }
    }

    /// The first thread has its process's number; of the others it is known which they are.
    fn thread(&self, id: i32) -> i32 {
        match self.threads.get(&id) {
            Some((pid, at)) if *at > 0 => {
                (self.place)(*pid) * 1000 + i32::try_from(*at).unwrap_or(0)
            }
            _ => (self.place)(id),
        }
    }

    /// `pipe:[4711]`, or device and inode; a path stays.
    fn object(&mut self, object: &mut String) {
        let Some((kind, number)) = object.split_once(':') else {
            return;
        };
        let digits = number.trim_matches(['[', ']']);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return;
        }
        let kind = kind.to_owned();
        let next = self.objects.len() + 1;
        let number = *self.objects.entry(object.clone()).or_insert(next);
        *object = format!("{kind}:[{number}]");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A parent that waits for its child, which waits for a lock that it has, and for a pipe.
    fn run(pid: i32, pipe: i32) -> Vec<Alive> {
        let child = pid + 7;
        let text = format!(
            r#"[{{"pid": {pid}, "parent": 1, "group": {pid}, "descriptors": [], "threads": [
                 {{"id": {pid}, "does": {{"does": "wait", "call": "waitpid", "descriptor": null, "timeout": null,
                   "awaited": [{{"for": "child", "which": {{"pid": {child}}}}}]}}}},
                 {{"id": {other}, "does": {{"does": "stand"}}}}]}},
                {{"pid": {child}, "parent": {pid}, "group": {pid}, "descriptors": [
                 {{"number": 3, "object": "pipe:[{pipe}]", "reads": true, "writes": false, "kind": {{"is": "pipe"}}}},
                 {{"number": 4, "object": "/data/7", "reads": true, "writes": false, "kind": {{"is": "file"}}}}], "threads": [
                 {{"id": {child}, "does": {{"does": "wait", "call": "flock", "descriptor": 4, "timeout": null,
                   "awaited": [{{"for": "lock", "descriptor": 4, "holders": [{{"pid": {pid}, "descriptors": [4]}}]}}]}}}}]}}]"#,
            other = pid + 3,
        );
        let mut all: Vec<Alive> = serde_json::from_str(&text).unwrap();
        make_comparable(&mut all, |it| match it - pid {
            0 => 1,
            7 => 2,
            _ => it,
        });
        all
    }

    #[test]
    fn runs_with_other_numbers_are_equal() {
        assert_eq!(run(40, 4711), run(900, 12));
        let all = run(40, 4711);
        assert_eq!((all[1].pid, all[1].parent, all[1].group), (2, 1, 1));
        assert_eq!(all[1].descriptors[0].object, "pipe:[1]");
        assert_eq!(all[1].descriptors[1].object, "/data/7");
    }
}
