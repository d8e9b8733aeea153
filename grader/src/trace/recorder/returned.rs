//! What a call that has returned means: which room of the recorder knows about it.

use nix::errno::Errno;
use nix::libc;

use super::Recorder;
use super::living::{InCall, Return};
use super::words::erroneous;
use crate::record::{Direction, ObjectKind, What};
use crate::trace::calls::Does;

/// Errors by which the kernel says that a call will begin again after a signal; programs never see them.
const RESTARTS: [i64; 4] = [-512, -513, -514, -516];

impl Recorder {
    /// Takes note of a call of a thread that returned `result`.
    pub(super) fn returned(&mut self, thread: i32, call: InCall, result: i64) {
        let Some(it) = self.threads.get_mut(thread) else {
            return;
        };
        let process = it.process;
        if result < 0 && RESTARTS.contains(&result) {
            // Whether the program will know of it shows in what it does next.
            it.interrupted = Some(call);
            return;
        }
        self.note_made(&call, result);
        let it = &Return {
            thread,
            process,
            call: &call,
            result,
            until: self.now(),
        };
        if result < 0 {
            let errno = i32::try_from(-result).map_or(Errno::UnknownErrno, Errno::from_raw);
            let what = erroneous(&call, self.live.get(it.process), errno);
            self.tell(it, what);
        } else {
            self.succeeded(it);
        }
    }

    fn succeeded(&mut self, it: &Return<'_>) {
        match it.call.known.does {
            // Reported at the birth, and at the exec.
            Does::Fork | Does::Vfork | Does::Clone | Does::Clone3 | Does::Exec => {}
            Does::Wait => self.waited_for_status(it),
            Does::WaitById => self.waited_by_id(it),
            Does::MakePipe => self.pipe(it),
            Does::MakePair => self.pair(it),
            Does::MakeSocket => self.socket(it, it.int(1)),
            // The older call has no flags.
            Does::Accept if it.call.call.number == libc::SYS_accept => self.socket(it, 0),
            Does::Accept => self.socket(it, it.int(3)),
            Does::OpenFile => self.opened_file(it),
            Does::OpenQueue => self.opened(it, Some(ObjectKind::MessageQueue)),
            Does::RemoveQueue => self.removed_queue(it),
            Does::OpenOther => self.opened(it, None),
            Does::Duplicate => self.duplicated(it, false),
            Does::DuplicateWithFlags => self.duplicated(it, it.int(2) & libc::O_CLOEXEC != 0),
            Does::Control => self.controlled(it),
            Does::Close => self.closed(it, it.int(0), it.int(0)),
            Does::CloseRange => self.closed_range(it),
            Does::SendSignal
            | Does::SendToThread
            | Does::SendToThreadOf
            | Does::SendByDescriptor => {
                self.sent(it);
            }
            Does::SetProperty => self.set_property(it),
            Does::Map => self.mapped(it),
            Does::Attach => self.attached(it),
            Does::Rename => self.renamed(it),
            Does::SetAlarm | Does::SetTimer | Does::SetPosixTimer | Does::DeletePosixTimer => {
                self.set_alarm(it);
            }
            Does::SetSocketTimeout => self.set_socket_timeout(it),
            Does::SetAction => self.acted(it),
            Does::Take => self.moved(it, 0, Direction::In),
            Does::Put => self.moved(it, 0, Direction::Out),
            Does::Splice => {
                self.moved(it, 0, Direction::In);
                self.moved(it, 2, Direction::Out);
            }
            Does::SendFile => {
                self.moved(it, 1, Direction::In);
                self.moved(it, 0, Direction::Out);
            }
            Does::Tee => self.moved(it, 1, Direction::Out),
            Does::PutMessage => self.put_message(it),
            Does::TakeMessage => self.took_message(it),
            // What it let go of has been looked at before.
            Does::Unmap => {}
            Does::Nothing | Does::SetMask | Does::Yield | Does::OpenSystemV => self.show(it),
        }
    }

    /// `prctl(PR_SET_NAME, name)`, or another property.
    fn set_property(&mut self, it: &Return<'_>) {
        if it.int(0) != libc::PR_SET_NAME {
            return self.show(it);
        }
        let name = it.call.path.as_deref().unwrap_or_default();
        let name = name.chars().take(15).collect();
        self.tell(it, What::Name { name });
    }
}
