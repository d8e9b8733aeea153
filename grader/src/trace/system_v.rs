//! System V objects (`sysvipc(7)`): listed by the kernel, with their owners, in `/proc/sysvipc`.

use std::collections::BTreeSet;
use std::fs;

use nix::libc;

use crate::record::{Leftover, ObjectKind};

/// One object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SystemV {
    /// What it is.
    pub kind: Kind,
    /// Its number, by which programs use it.
    pub id: i32,
    key: i32,
    /// Its owner.
    pub owner: u32,
}

/// What a System V object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Shared memory.
    Memory,
    /// A message queue.
    Queue,
    /// A set of semaphores.
    Semaphores,
}

/// All that this process can see.
#[must_use]
pub fn all() -> BTreeSet<SystemV> {
    let kinds = [
        (Kind::Memory, "shm", "shmid"),
        (Kind::Queue, "msg", "msqid"),
        (Kind::Semaphores, "sem", "semid"),
    ];
    let listed = kinds.map(|(kind, file, id)| {
        let text = fs::read_to_string(format!("/proc/sysvipc/{file}")).unwrap_or_default();
        parse(kind, id, &text)
    });
    listed.into_iter().flatten().collect()
}

/// The objects of a file whose first line names the columns.
fn parse(kind: Kind, id: &str, text: &str) -> Vec<SystemV> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let column = |wanted: &str| names.iter().position(|name| *name == wanted);
    let object = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let field = |name: &str| fields.get(column(name)?).copied();
        Some(SystemV {
            kind,
            id: field(id)?.parse().ok()?,
            key: field("key")?.parse().ok()?,
            owner: field("uid")?.parse().ok()?,
        })
    };
    lines.filter_map(object).collect()
}

impl SystemV {
    /// Whether it is the one of this kind with this key.
    #[must_use]
    pub fn is(&self, kind: Kind, key: i32) -> bool {
        (self.kind, self.key) == (kind, key)
    }

    /// Removes it; false when somebody else already has, or it is not ours.
    #[must_use]
    pub fn remove(&self) -> bool {
        let nothing = std::ptr::null_mut();
        let result = match self.kind {
            // SAFETY: to remove an object, this call reads and writes nothing that its last argument could point to.
            Kind::Memory => unsafe { libc::shmctl(self.id, libc::IPC_RMID, nothing) },
            // SAFETY: as above.
            Kind::Queue => unsafe { libc::msgctl(self.id, libc::IPC_RMID, nothing.cast()) },
            // SAFETY: as above.
            Kind::Semaphores => unsafe { libc::semctl(self.id, 0, libc::IPC_RMID) },
        };
        result == 0
    }

    /// What a record says of it.
    #[must_use]
    pub fn leftover(&self) -> Leftover {
        let (kind, what) = match self.kind {
            Kind::Memory => (ObjectKind::SharedMemory, "System V"),
            Kind::Queue => (ObjectKind::MessageQueue, "System V"),
            Kind::Semaphores => (ObjectKind::Other, "System V semaphores"),
        };
        Leftover {
            kind,
            name: format!("{what}, key {:#x}", self.key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_their_names() {
        let text = "       key      shmid perms       size  cpid  lpid nattch   uid   gid\n\
                    252658242         13  1600       4096    42    43      0  1000  1001\n\
                    no line of the kernel's\n";
        let found = parse(Kind::Memory, "shmid", text);
        let expected = SystemV {
            kind: Kind::Memory,
            id: 13,
            key: 0x0f0f_4242,
            owner: 1000,
        };
        assert_eq!(found, [expected]);
        assert_eq!(expected.leftover().name, "System V, key 0xf0f4242");
        assert!(expected.is(Kind::Memory, 0x0f0f_4242));
        assert!(!expected.is(Kind::Queue, 0x0f0f_4242));
    }
}
