//! Which shared memory each process has touched, where a case asks for it: looked up before the process lets go of it.

use super::Recorder;
use crate::record::{ProcessId, Resident};
use crate::trace::calls::Does;
use crate::trace::residency;
use crate::trace::stop::Call;

impl Recorder {
    /// From now on, looks at the shared memory of each process before it ends, executes a program or unmaps something.
    pub fn look_at_memory(&mut self) {
        self.looks_at_memory = true;
    }

    /// A process is about to let go of some of its memory.
    pub(super) fn look_before(&mut self, process: ProcessId, does: Does, call: &Call) {
        let [start, bytes, ..] = call.arguments;
        match does {
            Does::Unmap => self.look_within(process, start, start.saturating_add(bytes)),
            Does::Exec => self.look_within(process, 0, u64::MAX),
            _ => {}
        }
    }

    /// Notes what a process has touched of the objects that are mapped between two addresses.
    pub(super) fn look_within(&mut self, process: ProcessId, start: u64, end: u64) {
        if !self.looks_at_memory {
            return;
        }
        for (region, bytes) in residency::shared(self.processes[process].pid) {
            let is_within = region.start < end && start < region.end;
            let (device, inode) = region.identity;
            let object = self.objects.at(device, inode);
            if let Some(object) = object.filter(|_| is_within && bytes > 0) {
                self.touched(process, object, bytes);
            }
        }
    }

    fn touched(&mut self, process: ProcessId, object: usize, bytes: u64) {
        let mut known = self.resident.iter_mut();
        match known.find(|it| it.process == process && it.object == object) {
            Some(it) => it.bytes = it.bytes.max(bytes),
            None => self.resident.push(Resident {
                process,
                object,
                bytes,
            }),
        }
    }
}
