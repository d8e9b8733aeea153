//! System V objects (`sysvipc(7)`): listed by the kernel, with their owners, in `/proc/sysvipc`.

use std::collections::BTreeSet;
use std::fs;

use nix::libc;

use crate::record::{Leftover, ObjectKind};

/// One object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SystemV {
    kind: Kind,
    id: i32,
    key: i32,
    /// Its owner.
    pub(super) owner: u32,
    /// The process that made it, where the kernel keeps that.
    pub(super) maker: Option<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Memory,
    Queue,
    Semaphores,
}

/// All that this process can see.
pub(super) fn all() -> BTreeSet<SystemV> {
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
            maker: field("cpid").and_then(|pid| pid.parse().ok()),
        })
    };
    lines.filter_map(object).collect()
}

impl SystemV {
    /// Removes it; false when somebody else already has, or it is not ours.
    pub(super) fn remove(&self) -> bool {
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
    pub(super) fn leftover(&self) -> Leftover {
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
            maker: Some(42),
        };
        assert_eq!(found, [expected]);
        assert_eq!(expected.leftover().name, "System V, key 0xf0f4242");
        assert_eq!(
            parse(Kind::Queue, "msqid", "key msqid uid\n1 2 3\n")[0].maker,
            None
        );
    }
}
