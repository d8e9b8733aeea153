//! Ends of processes and threads, who waited for whom, and who adopted whom.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use nix::libc;

use super::Recorder;
use super::births::parent_of;
use super::living::InCall;
use super::words::{plain, unreturned};
use crate::record::{End, Event, Exit, Micros, ProcessId, Reaped, What};
use crate::trace::memory;

impl Recorder {
    pub(super) fn exiting(&mut self, thread: i32) {
        let Some(it) = self.threads.get_mut(&thread) else {
            return;
        };
        let (process, call) = (it.process, it.call.take().or(it.interrupted.take()));
        // The call that it is in will never return, unless ending is what it does.
        if let Some(call) = call {
            let what = self
                .waited_to_the_end(process, &call)
                .unwrap_or_else(|| unreturned(&call, self.live.get(&process)));
            self.push(Event {
                at: call.at,
                until: None,
                process,
                what,
            });
        }
    }

    pub(super) fn ended(&mut self, pid: i32, how: Exit, cpu: Duration) {
        let Some(thread) = self.threads.remove(&pid) else {
            // The second report of a process whose parent left it to the runner.
            return;
        };
        let process = thread.process;
        if self.processes[process].pid != pid {
            return;
        }
        let reaped_cpu = self.live.get(&process).map(|live| live.reaped_cpu);
        let own = cpu.saturating_sub(reaped_cpu.unwrap_or_default());
        self.processes[process].cpu = Micros::try_from(own.as_micros()).unwrap_or(Micros::MAX);
        self.cpu.insert(process, cpu);
        if self.ending {
            // The runner's doing, not the program's.
            return;
        }
        let at = self.now();
        self.processes[process].end = Some(End { at, how });
        self.push(Event {
            at,
            until: None,
            process,
            what: What::Exit { how },
        });
        let Some(live) = self.live.remove(&process) else {
            return;
        };
        if live
            .parent
            .and_then(|parent| self.live.get(&parent))
            .is_some_and(|parent| parent.ignores_children)
            && !Path::new(&format!("/proc/{pid}")).exists()
        {
            // Nobody will wait for it: the kernel has discarded it. It keeps a zombie whose parent has just ended, too.
            self.reap(process, None, at);
            if let Some(parent) = live.parent.and_then(|parent| self.live.get_mut(&parent)) {
                parent.children.remove(&process);
            }
        }
        self.note_adoptions(live.children);
    }

    /// The children of a process that has ended have a new parent.
    fn note_adoptions(&mut self, left: BTreeSet<ProcessId>) {
        for child in left {
            // A zombie shows its parent too, unless that has waited for it already.
            let parent = parent_of(self.processes[child].pid);
            let by = parent.and_then(|pid| self.process_of_pid(pid));
            let by = by.filter(|by| self.live.contains_key(by));
            if let Some(live) = self.live.get_mut(&child) {
                live.parent = by;
            }
            if let Some(live) = by.and_then(|by| self.live.get_mut(&by)) {
                live.children.insert(child);
            }
            if self.processes[child].end.is_some() {
                continue;
            }
            let at = self.now();
            self.push(Event {
                at,
                until: None,
                process: child,
                what: What::Adopted { by },
            });
        }
    }

    /// Whether a process has ended and nobody in the run has waited for it: left to the runner, it is reported twice.
    pub(super) fn is_known_zombie(&self, pid: i32) -> bool {
        self.process_of_pid(pid).is_some_and(|process| {
            let process = &self.processes[process];
            (process.end.is_some() || self.ending) && process.reaped.is_none()
        })
    }

    fn reap(&mut self, child: ProcessId, by: Option<ProcessId>, at: Micros) {
        self.processes[child].reaped = Some(Reaped { at, by });
        let cpu = self.cpu.remove(&child).unwrap_or_default();
        if let Some(live) = by.and_then(|by| self.live.get_mut(&by)) {
            live.children.remove(&child);
            live.reaped_cpu += cpu;
        }
    }

    pub(super) fn waited(
        &mut self,
        process: ProcessId,
        call: &InCall,
        pid: i32,
        options: u64,
    ) -> Vec<What> {
        let ended = self.process_of_pid(pid).filter(|child| {
            let child = &self.processes[*child];
            // That it was waited for is proof that the kernel had not discarded it.
            child.end.is_some() && child.reaped.is_none_or(|reaped| reaped.by.is_none())
        });
        match ended {
            Some(child) if pid > 0 => {
                let at = self.now();
                self.reap(child, Some(process), at);
                let only_asked = options & u64::from(libc::WNOHANG.cast_unsigned()) != 0;
                vec![What::Reap { child, only_asked }]
            }
            // A child that has stopped or continued, or with WNOHANG none.
            _ => vec![plain(call, self.live.get(&process))],
        }
    }

    /// `waitid(idtype, id, infop, options, rusage)`.
    pub(super) fn waited_by_id(
        &mut self,
        process: ProcessId,
        thread: i32,
        call: &InCall,
    ) -> Vec<What> {
        let [_, _, info, options, ..] = call.call.arguments;
        let looks_only = options & u64::from(libc::WNOWAIT.cast_unsigned()) != 0;
        // si_signo, si_errno, si_code, padding, si_pid, si_uid, si_status.
        let (pid, code) = match memory::bytes::<28>(thread, info) {
            Some(info) => (
                i32::from_ne_bytes([info[16], info[17], info[18], info[19]]),
                i32::from_ne_bytes([info[8], info[9], info[10], info[11]]),
            ),
            None => (self.vanished_child(process).unwrap_or(0), libc::CLD_EXITED),
        };
        let has_ended = matches!(code, libc::CLD_EXITED | libc::CLD_KILLED | libc::CLD_DUMPED);
        if looks_only || !has_ended {
            return vec![plain(call, self.live.get(&process))];
        }
        self.waited(process, call, pid, options)
    }

    /// A wait that did not return, because the one who waited was killed in it, may have done its work all the same.
    fn waited_to_the_end(&mut self, process: ProcessId, call: &InCall) -> Option<What> {
        if !matches!(call.name, "waitpid" | "waitid") {
            return None;
        }
        let pid = self.vanished_child(process)?;
        self.waited(process, call, pid, 0).pop()
    }

    /// The child that was waited for without asking who it was: the one that has ended and is no longer there.
    fn vanished_child(&self, process: ProcessId) -> Option<i32> {
        let children = &self.live.get(&process)?.children;
        children
            .iter()
            .map(|child| &self.processes[*child])
            .filter(|it| it.end.is_some() && it.reaped.is_none())
            .map(|it| it.pid)
            .find(|pid| !Path::new(&format!("/proc/{pid}")).exists())
    }
}

/// Whether a status is that of a child that was stopped or continued; one that nobody asked for is of an end.
pub(super) fn has_stopped(status: Option<i32>) -> bool {
    status.is_some_and(|status| libc::WIFSTOPPED(status) || libc::WIFCONTINUED(status))
}
