//! What calls do to descriptors and objects, and the data that they move.

use std::borrow::Cow;
use std::fs;
use std::os::unix::fs::MetadataExt as _;

use nix::libc;

use super::Recorder;
use super::living::Return;
use super::words::plain;
use crate::record::{Direction, ObjectKind, ProcessId, What};
use crate::trace::calls::About;
use crate::trace::maps::Region;
use crate::trace::memory;
use crate::trace::objects::{Found, Held, is_of_system};

impl Recorder {
    /// `openat(folder, path, flags)`, `open(path, flags)` or `creat(path)`, which has none.
    pub(super) fn opened_file(&mut self, it: &Return<'_>) {
        let flags = match it.call.call.number {
            libc::SYS_openat => it.int(2),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_creat => libc::O_WRONLY,
            _ => it.int(1),
        };
        if it.call.path.as_deref().is_some_and(is_of_system) {
            let close_on_exec = flags & libc::O_CLOEXEC != 0;
            self.found(it, it.number(), Found::Foreign { close_on_exec });
            return;
        }
        let pid = self.processes[it.process].pid;
        if let Some(found) = self.objects.look_up(pid, it.number(), None, Some(flags)) {
            self.found(it, it.number(), found);
        }
    }

    /// Something was opened whose descriptor alone says what it is.
    pub(super) fn opened(&mut self, it: &Return<'_>, hint: Option<ObjectKind>) {
        let pid = self.processes[it.process].pid;
        if let Some(found) = self.objects.look_up(pid, it.number(), hint, None) {
            self.found(it, it.number(), found);
        }
    }

    fn found(&mut self, it: &Return<'_>, number: i32, found: Found) {
        match found {
            Found::Object(held) => self.holds(it, number, held),
            Found::Foreign { close_on_exec } => {
                if let Some(live) = self.live.get_mut(it.process) {
                    live.descriptors.insert_foreign(number, close_on_exec);
                }
            }
        }
    }

    /// `pipe2(ends, flags)`; the older call has no flags.
    pub(super) fn pipe(&mut self, it: &Return<'_>) {
        let Some(ends) = memory::two_ints(it.thread, it.argument(0)) else {
            return;
        };
        let pid = self.processes[it.process].pid;
        let look_up = self.objects.look_up_new(pid, ends[0], ObjectKind::Pipe);
        let Some(object) = look_up else {
            return;
        };
        let has_flags = it.call.call.number == libc::SYS_pipe2;
        let close_on_exec = has_flags && it.int(1) & libc::O_CLOEXEC != 0;
        for (end, reads) in [(ends[0], true), (ends[1], false)] {
            let held = Held {
                object,
                reads,
                writes: !reads,
                close_on_exec,
            };
            self.holds(it, end, held);
        }
    }

    /// A new socket. Its flags are the type's, or those of accept: SOCK_CLOEXEC is O_CLOEXEC.
    pub(super) fn socket(&mut self, it: &Return<'_>, flags: i32) {
        let pid = self.processes[it.process].pid;
        let look_up = self
            .objects
            .look_up_new(pid, it.number(), ObjectKind::Socket);
        if let Some(object) = look_up {
            let held = Held {
                object,
                reads: true,
                writes: true,
                close_on_exec: flags & libc::SOCK_CLOEXEC != 0,
            };
            self.holds(it, it.number(), held);
        }
    }

    /// `socketpair(domain, type, protocol, ends)`: the two are one object.
    pub(super) fn pair(&mut self, it: &Return<'_>) {
        let Some(ends) = memory::two_ints(it.thread, it.argument(3)) else {
            return;
        };
        let pid = self.processes[it.process].pid;
        let look_up = self.objects.look_up_new(pid, ends[0], ObjectKind::Socket);
        let Some(object) = look_up else {
            return;
        };
        self.objects.join(pid, ends[1], object);
        let held = Held {
            object,
            reads: true,
            writes: true,
            close_on_exec: it.int(1) & libc::SOCK_CLOEXEC != 0,
        };
        for end in ends {
            self.holds(it, end, held);
        }
    }

    fn holds(&mut self, it: &Return<'_>, descriptor: i32, held: Held) {
        if let Some(live) = self.live.get_mut(it.process) {
            live.descriptors.insert(descriptor, held);
        }
        let what = What::Open {
            call: Cow::Borrowed(it.call.known.name),
            descriptor,
            object: held.object,
            reads: held.reads,
            writes: held.writes,
            close_on_exec: held.close_on_exec,
        };
        self.tell(it, what);
    }

    /// The result refers to what the first argument refers to; what it referred to before is closed.
    pub(super) fn duplicated(&mut self, it: &Return<'_>, close_on_exec: bool) {
        let (old, new) = (it.int(0), it.number());
        if old == new {
            return;
        }
        self.closed(it, new, new);
        if let Some(held) = self.held(it.process, old) {
            let held = Held {
                close_on_exec,
                ..held
            };
            self.holds(it, new, held);
        } else if let Some(live) = self.live.get_mut(it.process) {
            live.descriptors.insert_foreign(new, close_on_exec);
        }
    }

    /// `fcntl(descriptor, command, argument)`.
    pub(super) fn controlled(&mut self, it: &Return<'_>) {
        match it.int(1) {
            libc::F_DUPFD => self.duplicated(it, false),
            libc::F_DUPFD_CLOEXEC => self.duplicated(it, true),
            libc::F_SETFD => {
                let close = it.int(2) & libc::FD_CLOEXEC != 0;
                if let Some(live) = self.live.get_mut(it.process) {
                    live.descriptors.set_close_on_exec(it.int(0), close);
                }
                self.show_with(it, if close { "FD_CLOEXEC" } else { "no FD_CLOEXEC" });
            }
            _ => self.show(it),
        }
    }

    /// Descriptors from `first` to `last` are closed; only those of objects are told of.
    pub(super) fn closed(&mut self, it: &Return<'_>, first: i32, last: i32) {
        let Some(live) = self.live.get_mut(it.process) else {
            return;
        };
        if first == last {
            // By far the most frequent case.
            if let Some(held) = live.descriptors.remove(first) {
                self.tell_closed(it, first, held);
            }
            return;
        }
        live.descriptors.remove_foreign(first, last);
        for (descriptor, held) in live.descriptors.within(first, last) {
            if let Some(live) = self.live.get_mut(it.process) {
                live.descriptors.remove(descriptor);
            }
            self.tell_closed(it, descriptor, held);
        }
    }

    fn tell_closed(&mut self, it: &Return<'_>, descriptor: i32, held: Held) {
        let object = Some(held.object);
        self.tell(it, What::Close { descriptor, object });
    }

    /// `close_range(first, last, flags)`.
    pub(super) fn closed_range(&mut self, it: &Return<'_>) {
        let bound = |number: u64| i32::try_from(number & 0xffff_ffff).unwrap_or(i32::MAX);
        let (first, last) = (bound(it.argument(0)), bound(it.argument(1)));
        if it.argument(2) & u64::from(libc::CLOSE_RANGE_CLOEXEC) == 0 {
            return self.closed(it, first, last);
        }
        let Some(live) = self.live.get_mut(it.process) else {
            return;
        };
        let within = live.descriptors.within(first, last);
        live.descriptors.close_on_exec_within(first, last);
        for (descriptor, held) in within {
            let what = What::Call {
                call: Cow::Borrowed("fcntl"),
                descriptor: Some(descriptor),
                object: Some(held.object),
                detail: Some("FD_CLOEXEC".to_owned()),
                error: None,
            };
            self.tell(it, what);
        }
    }

    /// `mmap(at, bytes, protection, flags, descriptor, offset)`, shared.
    pub(super) fn mapped(&mut self, it: &Return<'_>) {
        let object = if it.int(3) & libc::MAP_ANONYMOUS != 0 {
            let object = self.objects.add(ObjectKind::Mapping, None);
            if let Some(region) = Region::at(it.thread, it.result.cast_unsigned()) {
                self.objects.identify(object, region.identity);
            }
            Some(object)
        } else {
            self.held(it.process, it.int(4)).map(|held| held.object)
        };
        if let Some(object) = object {
            let bytes = it.argument(1);
            self.tell(it, What::Map { object, bytes });
        }
    }

    /// `shmat(id, at, flags)`: the result is where the segment is. Whoever attaches it has the same object.
    pub(super) fn attached(&mut self, it: &Return<'_>) {
        self.show(it);
        if let Some(region) = Region::at(it.thread, it.result.cast_unsigned()) {
            let (device, inode) = region.identity;
            let object = self.objects.at(device, inode).unwrap_or_else(|| {
                let object = self.objects.add(ObjectKind::Mapping, None);
                self.objects.identify(object, region.identity);
                object
            });
            let bytes = region.end - region.start;
            self.tell(it, What::Map { object, bytes });
        }
    }

    /// `rename(old, new)`, `renameat(folder, old, folder, new)`: which file it is, whatever it was called when it was opened. A file can
    /// have been opened without a name.
    pub(super) fn renamed(&mut self, it: &Return<'_>) {
        let (folder, place) = match it.call.known.about {
            About::Path(0) => (libc::AT_FDCWD, 1),
            _ => (it.int(2), 3),
        };
        let name = memory::text(it.thread, it.argument(place)).unwrap_or_default();
        let base = match folder {
            _ if name.starts_with('/') => "root".to_owned(),
            libc::AT_FDCWD => "cwd".to_owned(),
            descriptor => format!("fd/{descriptor}"),
        };
        let found = fs::symlink_metadata(format!("/proc/{}/{base}/{name}", it.thread));
        let file = found
            .ok()
            .and_then(|data| self.objects.at(data.dev(), data.ino()));
        let mut what = plain(it.call, self.live.get(it.process));
        if let What::Call { object, .. } = &mut what {
            *object = file;
        }
        self.tell(it, what);
    }

    /// Data moved through the descriptor that an argument is, as much as the result says.
    pub(super) fn moved(&mut self, it: &Return<'_>, argument: usize, direction: Direction) {
        let bytes = it.result.unsigned_abs();
        self.transferred(it, it.int(argument), direction, bytes, None);
    }

    /// `mq_timedsend(queue, message, bytes, priority, …)`.
    pub(super) fn put_message(&mut self, it: &Return<'_>) {
        let priority = u32::try_from(it.argument(3)).ok();
        self.transferred(it, it.int(0), Direction::Out, it.argument(2), priority);
    }

    /// `mq_timedreceive(queue, message, bytes, priority, …)`.
    pub(super) fn took_message(&mut self, it: &Return<'_>) {
        let priority = memory::int(it.thread, it.argument(3)).map(i32::cast_unsigned);
        let bytes = it.result.unsigned_abs();
        self.transferred(it, it.int(0), Direction::In, bytes, priority);
    }

    fn transferred(
        &mut self,
        it: &Return<'_>,
        descriptor: i32,
        direction: Direction,
        bytes: u64,
        priority: Option<u32>,
    ) {
        if let Some(held) = self.held(it.process, descriptor) {
            let what = What::Transfer {
                call: Cow::Borrowed(it.call.known.name),
                direction,
                descriptor,
                object: held.object,
                bytes,
                priority,
            };
            self.tell(it, what);
        }
    }

    /// What a descriptor is: from the model, or looked up where the model does not know it yet.
    pub(super) fn held(&mut self, process: ProcessId, descriptor: i32) -> Option<Held> {
        let live = self.live.get_mut(process)?;
        if live.descriptors.is_open(descriptor) {
            return live.descriptors.get(descriptor);
        }
        let pid = self.processes[process].pid;
        match self.objects.look_up(pid, descriptor, None, None)? {
            Found::Object(held) => {
                live.descriptors.insert(descriptor, held);
                Some(held)
            }
            Found::Foreign { close_on_exec } => {
                live.descriptors.insert_foreign(descriptor, close_on_exec);
                None
            }
        }
    }
}
