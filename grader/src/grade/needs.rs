//! Whether the host has what an exercise needs: asked for by a program of the grader's own, in the sandbox in which answers run.
//!
//! It is this binary, told by its first argument to try, and it says what came of it by its exit code: 0, or the number of the error.
//! What an answer says about the host counts for nothing.

use std::path::Path;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_attr_member_t, mq_close, mq_open, mq_unlink};
use nix::sys::stat::Mode;

use crate::course::{MessageQueues, Needs};
use crate::record::{Ending, Record};
use crate::run::{self, Outcome, RunError};

/// The first argument of the program that tries.
pub const NEEDS_ARGUMENT: &str = "try-needs";

/// What the host lacks, as a sentence that says what to do about it; `None` where it lacks nothing.
///
/// # Errors
/// When the grader could not do its work.
pub(super) fn lacking(
    needs: &Needs,
    hidden: &[std::path::PathBuf],
) -> Result<Option<String>, RunError> {
    let Some(queues) = needs.message_queues else {
        return Ok(None);
    };
    let words = [queues.count, queues.messages, queues.bytes].map(|number| number.to_string());
    let args = std::iter::once(NEEDS_ARGUMENT.to_owned()).chain(words);
    let own = std::env::current_exe().map_err(|source| RunError::Start { source })?;
    let outcome = run::run_own(Path::new(&own), args.collect(), hidden)?;
    Ok(match outcome {
        Outcome::Recorded(record) => refused(&record).map(in_words),
        Outcome::RunnerKilled => Some(in_words(Errno::UnknownErrno)),
    })
}

fn refused(record: &Record) -> Option<Errno> {
    match record.ending {
        Ending::Exited { code: 0 } => None,
        Ending::Exited { code } => Some(Errno::from_raw(code)),
        Ending::Signaled { .. } | Ending::Hung | Ending::Exceeded { .. } => {
            Some(Errno::UnknownErrno)
        }
    }
}

fn in_words(error: Errno) -> String {
    let advice = match error {
        Errno::ENOSPC => {
            "there are as many as /proc/sys/fs/mqueue/queues_max allows: remove some of those in /dev/mqueue"
        }
        Errno::EMFILE | Errno::ENFILE => {
            "they take all bytes that `ulimit -q` allows: remove some of those in /dev/mqueue, or raise the limit"
        }
        Errno::EINVAL => {
            "/proc/sys/fs/mqueue/msg_max or msgsize_max is too small: the usual values are 10 and 8192"
        }
        Errno::ENOSYS => {
            "the kernel has none (CONFIG_POSIX_MQUEUE), or a sandbox around the grader hides them"
        }
        _ => "a security policy may forbid them",
    };
    format!("this host has no POSIX message queues for it ({error:?}): {advice}")
}

/// The program that tries. Its arguments are the numbers of [`MessageQueues`].
#[must_use]
pub fn main(arguments: impl Iterator<Item = String>) -> ExitCode {
    let numbers: Vec<u32> = arguments.filter_map(|word| word.parse().ok()).collect();
    let [count, messages, bytes] = numbers[..] else {
        return ExitCode::from(u8::MAX);
    };
    let tried = make(MessageQueues {
        count,
        messages,
        bytes,
    });
    match tried {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(u8::try_from(error as i32).unwrap_or(u8::MAX)),
    }
}

/// Makes all the queues, and removes them.
fn make(queues: MessageQueues) -> Result<(), Errno> {
    let limits = MqAttr::new(
        0,
        mq_attr_member_t::from(queues.messages),
        mq_attr_member_t::from(queues.bytes),
        0,
    );
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR | MQ_OFlag::O_CLOEXEC;
    let mut open: Vec<MqdT> = Vec::new();
    let mut tried = Ok(());
    for number in 0..queues.count {
        // The id is this process's own, so the name is, too.
        let name = format!("/forklings-needs-{}-{number}", std::process::id());
        let made = mq_open(
            name.as_str(),
            flags,
            Mode::S_IRUSR | Mode::S_IWUSR,
            Some(&limits),
        );
        // Also where it failed: Landlock refuses to open a queue that it has let be made.
        let _ = mq_unlink(name.as_str());
        match made {
            Ok(queue) => open.push(queue),
            Err(error) => {
                tried = Err(error);
                break;
            }
        }
    }
    // They count against the limits until they are closed, so all of them are open at the same time.
    open.into_iter().try_for_each(mq_close)?;
    tried
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_says_what_to_do() {
        assert!(in_words(Errno::EMFILE).contains("(EMFILE): they take all bytes that `ulimit -q`"));
        assert!(in_words(Errno::EINVAL).contains("msg_max"));
        assert!(in_words(Errno::EACCES).contains("policy"));
    }

    #[test]
    fn more_than_any_host_has_is_refused() {
        let queues = |messages| MessageQueues {
            count: 1,
            messages,
            bytes: 8,
        };
        // No privilege lifts the kernel's own limit of 65,536 messages.
        assert_eq!(make(queues(100_000)), Err(Errno::EINVAL));
    }
}
