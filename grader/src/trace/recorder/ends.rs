//! Ends of processes and threads, who waited for whom, and who adopted whom.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use nix::libc;

use super::Recorder;
use super::births::parent_of;
use super::living::{InCall, Return};
use super::words::plain;
use crate::record::{End, Event, Exit, Micros, ProcessId, Reaped, What};
use crate::trace::calls::Does;
use crate::trace::memory;

impl Recorder {
    pub(super) fn exiting(&mut self, thread: i32) {
        let Some(it) = self.threads.get_mut(thread) else {
            return;
        };
        self.leaving += usize::from(!it.leaving);
        it.leaving = true;
        let (process, call) = (it.process, it.call.take().or(it.interrupted.take()));
        self.has_left(thread);
        if self.processes[process].pid == thread {
            self.look_within(process, 0, u64::MAX);
        }
        if let Some(call) = call {
            let reap = self.waited_to_the_end(process, &call);
            self.note_unreturned(process, &call, reap);
        }
    }

    /// The call that a thread is in will never return, unless ending is what it does.
    fn note_unreturned(&mut self, process: ProcessId, call: &InCall, reap: Option<What>) {
        let what = reap.unwrap_or_else(|| plain(call, self.live.get(process)));
        self.push(Event {
            at: call.at,
            until: None,
            process,
            what,
        });
    }

    pub(super) fn ended(&mut self, pid: i32, how: Exit, cpu: Option<Duration>) {
        let Some(thread) = self.threads.remove(pid) else {
            // The second report of a process whose parent left it to the runner.
            return;
        };
        self.leaving -= usize::from(thread.leaving);
        let process = thread.process;
        if !thread.leaving {
            // Killed just when it was let go on from a stop, so that its exit was not reported. No wait was under way then.
            self.has_left(pid);
            if let Some(call) = thread.call.or(thread.interrupted) {
                self.note_unreturned(process, &call, None);
            }
        }
        if self.processes[process].pid != pid {
            return;
        }
        let cpu = cpu.unwrap_or_default();
        let reaped_cpu = self.live.get(process).map(|live| live.reaped_cpu);
        let own = cpu.saturating_sub(reaped_cpu.unwrap_or_default());
        self.processes[process].cpu = Micros::try_from(own.as_micros()).unwrap_or(Micros::MAX);
        self.cpu[process] = cpu;
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
        let Some(live) = self.live.remove(process) else {
            return;
        };
        if live
            .parent
            .and_then(|parent| self.live.get(parent))
            .is_some_and(|parent| parent.ignores_children)
            && !is_there(pid)
        {
            // Nobody will wait for it: the kernel has discarded it. It keeps a zombie whose parent has just ended, too.
            self.reap(process, None, at);
            if let Some(parent) = live.parent.and_then(|parent| self.live.get_mut(parent)) {
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
            let by = by.filter(|by| self.live.get(*by).is_some());
            if let Some(live) = self.live.get_mut(child) {
                live.parent = by;
            }
            if let Some(live) = by.and_then(|by| self.live.get_mut(by)) {
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
        let cpu = self.cpu[child];
        if let Some(live) = by.and_then(|by| self.live.get_mut(by)) {
            live.children.remove(&child);
            live.reaped_cpu += cpu;
        }
    }

    /// The child `pid` was waited for, if it has ended: it may have stopped or continued, or with WNOHANG be none.
    pub(super) fn waited(&mut self, it: &Return<'_>, pid: i32, options: u64) {
        let only_asked = options & u64::from(libc::WNOHANG.cast_unsigned()) != 0;
        match self.reaped(it.process, pid, it.until) {
            Some(child) => self.tell(it, What::Reap { child, only_asked }),
            None => self.show(it),
        }
    }

    /// `wait4(pid, status, options, rusage)`.
    pub(super) fn waited_for_status(&mut self, it: &Return<'_>) {
        let status = memory::int(it.thread, it.argument(1));
        let options = it.argument(2);
        let of_an_end = match status {
            Some(status) => !libc::WIFSTOPPED(status) && !libc::WIFCONTINUED(status),
            // Nobody asked for it. Who was waited for after its end is no longer there.
            None => {
                let others = u64::from((libc::WUNTRACED | libc::WCONTINUED).cast_unsigned());
                options & others == 0 || !is_there(it.number())
            }
        };
        if of_an_end {
            self.waited(it, it.number(), options);
        } else {
            self.show(it);
        }
    }

    /// `waitid(idtype, id, infop, options, rusage)`.
    pub(super) fn waited_by_id(&mut self, it: &Return<'_>) {
        let options = it.argument(3);
        let looks_only = options & u64::from(libc::WNOWAIT.cast_unsigned()) != 0;
        // si_signo, si_errno, si_code, padding, si_pid, si_uid, si_status.
        let (pid, code) = match memory::bytes::<28>(it.thread, it.argument(2)) {
            Some(info) => (
                i32::from_ne_bytes([info[16], info[17], info[18], info[19]]),
                i32::from_ne_bytes([info[8], info[9], info[10], info[11]]),
            ),
            None => {
                let pid = self.vanished_child(it.process);
                (pid.unwrap_or(0), libc::CLD_EXITED)
            }
        };
        let has_ended = matches!(code, libc::CLD_EXITED | libc::CLD_KILLED | libc::CLD_DUMPED);
        if looks_only || !has_ended {
            self.show(it);
        } else {
            self.waited(it, pid, options);
        }
    }

    /// A wait that did not return, because the one who waited was killed in it, may have done its work all the same.
    fn waited_to_the_end(&mut self, process: ProcessId, call: &InCall) -> Option<What> {
        if !matches!(call.known.does, Does::Wait | Does::WaitById) {
            return None;
        }
        let pid = self.vanished_child(process)?;
        let at = self.now();
        let child = self.reaped(process, pid, at)?;
        let only_asked = false;
        Some(What::Reap { child, only_asked })
    }

    /// The child of this pid has been waited for, if it has ended and nobody else has.
    fn reaped(&mut self, by: ProcessId, pid: i32, at: Micros) -> Option<ProcessId> {
        let child = self.process_of_pid(pid)?;
        let process = &self.processes[child];
        // That it was waited for is proof that the kernel had not discarded it.
        let is_open = process.reaped.is_none_or(|reaped| reaped.by.is_none());
        if process.end.is_none() || !is_open {
            return None;
        }
        self.reap(child, Some(by), at);
        Some(child)
    }

    /// The child that was waited for without asking who it was: the one that has ended and is no longer there.
    fn vanished_child(&self, process: ProcessId) -> Option<i32> {
        let children = &self.live.get(process)?.children;
        children
            .iter()
            .map(|child| &self.processes[*child])
            .filter(|it| it.end.is_some() && it.reaped.is_none())
            .map(|it| it.pid)
            .find(|pid| !is_there(*pid))
    }
}

/// Whether there is a process of this number, a zombie included.
fn is_there(pid: i32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}
