//! Whether the host has what an exercise needs: asked for by a program of the grader's own, in the sandbox in which answers run.
//!
//! It is this binary, told by its first argument to try, and it says what came of it by its exit code: 0, or the number of the error.
//! What an answer says about the host counts for nothing.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_attr_member_t, mq_close, mq_open, mq_unlink};
use nix::sched::{CpuSet, sched_getaffinity};
use nix::sys::stat::Mode;
use nix::sys::statvfs::statvfs;
use nix::unistd::Pid;

use crate::course::Needs;
use crate::record::{Ending, Record};
use crate::run::{self, Outcome, RunError};
use crate::sandbox::terminal;

/// The first argument of the program that tries.
pub const NEEDS_ARGUMENT: &str = "try-needs";

/// The second: what is tried. Numbers follow.
const QUEUES: &str = "message-queues";
const MEMORY: &str = "shared-memory";
const CPUS: &str = "cpus";

/// What the host lacks, as a sentence that says what to do about it; `None` where it lacks nothing.
///
/// # Errors
/// When the grader could not do its work.
pub(super) fn lacking(
    needs: &Needs,
    hidden: &[std::path::PathBuf],
) -> Result<Option<String>, RunError> {
    if let Some(queues) = needs.message_queues {
        let numbers = [queues.count, queues.messages, queues.bytes];
        let lacking = attempt(QUEUES, &numbers.map(u64::from), hidden)?;
        if let Some(error) = lacking {
            return Ok(Some(without_queues(error)));
        }
    }
    if let Some(bytes) = needs.shared_memory {
        let lacking = attempt(MEMORY, &[bytes], hidden)?;
        if let Some(error) = lacking {
            return Ok(Some(without_memory(bytes, error)));
        }
    }
    if let Some(cpus) = needs.cpus
        && attempt(CPUS, &[cpus.into()], hidden)?.is_some()
    {
        return Ok(Some(without_cpus(cpus)));
    }
    // A run gets its terminal from the runner, so no program has to ask for one.
    if needs.terminal
        && let Err(error) = terminal::open()
    {
        return Ok(Some(without_terminal(&error)));
    }
    Ok(None)
}

/// Runs the program that tries; the error that it came upon.
fn attempt(
    what: &str,
    numbers: &[u64],
    hidden: &[std::path::PathBuf],
) -> Result<Option<Errno>, RunError> {
    let words = [NEEDS_ARGUMENT.to_owned(), what.to_owned()].into_iter();
    let args = words.chain(numbers.iter().map(u64::to_string));
    let own = std::env::current_exe().map_err(|source| RunError::Start { source })?;
    let outcome = run::run_own(Path::new(&own), args.collect(), hidden)?;
    Ok(match outcome {
        Outcome::Recorded(record) => refused(&record),
        Outcome::RunnerKilled => Some(Errno::UnknownErrno),
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

fn without_queues(error: Errno) -> String {
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

fn without_memory(bytes: u64, error: Errno) -> String {
    let needed = bytes.div_ceil(1 << 20);
    let advice = match error {
        Errno::ENOSPC => format!(
            "it has no room for {needed} MiB: remove what is in it, or make it larger (`docker run --shm-size=256m`, or `mount -o remount,size=256m /dev/shm` as root)"
        ),
        Errno::ENOENT => "there is none: mount a tmpfs there".to_owned(),
        _ => "a security policy may forbid it".to_owned(),
    };
    format!("this host has no /dev/shm for it ({error:?}): {advice}")
}

fn without_cpus(cpus: u32) -> String {
    format!(
        "a program may not use {cpus} CPUs here, and on fewer a right answer and a wrong one do the same: grade it where there are more, and without `taskset`"
    )
}

fn without_terminal(error: &io::Error) -> String {
    format!(
        "this host has no terminal for it ({error}): mount a devpts with a /dev/ptmx, or raise /proc/sys/kernel/pty/max"
    )
}

/// The program that tries. Its arguments are what to try, and the numbers of it.
#[must_use]
pub fn main(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    let what = arguments.next();
    let numbers: Vec<u64> = arguments.filter_map(|word| word.parse().ok()).collect();
    let tried = match (what.as_deref(), &numbers[..]) {
        (Some(QUEUES), &[count, messages, bytes]) => make(count, messages, bytes),
        (Some(MEMORY), &[bytes]) => find_room(Path::new("/dev/shm"), bytes),
        (Some(CPUS), &[cpus]) => count_cpus(cpus),
        _ => return ExitCode::from(u8::MAX),
    };
    match tried {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(u8::try_from(error as i32).unwrap_or(u8::MAX)),
    }
}

/// Looks whether a file system has room for so many bytes.
fn find_room(folder: &Path, bytes: u64) -> Result<(), Errno> {
    let room = statvfs(folder)?;
    if room.blocks_available() * room.fragment_size() < bytes {
        return Err(Errno::ENOSPC);
    }
    Ok(())
}

/// Looks whether the process may use so many CPUs.
fn count_cpus(wanted: u64) -> Result<(), Errno> {
    let usable = sched_getaffinity(Pid::from_raw(0))?;
    let cpus = (0..CpuSet::count()).filter(|cpu| usable.is_set(*cpu) == Ok(true));
    if (cpus.count() as u64) < wanted {
        return Err(Errno::ENODEV);
    }
    Ok(())
}

/// Makes all the queues, and removes them.
fn make(count: u64, messages: u64, bytes: u64) -> Result<(), Errno> {
    let number = |it: u64| mq_attr_member_t::try_from(it).map_err(|_| Errno::EINVAL);
    let limits = MqAttr::new(0, number(messages)?, number(bytes)?, 0);
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR | MQ_OFlag::O_CLOEXEC;
    let mut open: Vec<MqdT> = Vec::new();
    let mut tried = Ok(());
    for number in 0..count {
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
        assert!(
            without_queues(Errno::EMFILE)
                .contains("(EMFILE): they take all bytes that `ulimit -q`")
        );
        assert!(without_queues(Errno::EINVAL).contains("msg_max"));
        assert!(without_queues(Errno::EACCES).contains("policy"));
        let small = without_memory(80_000_000, Errno::ENOSPC);
        assert!(small.contains("77 MiB") && small.contains("--shm-size"));
        assert!(without_cpus(2).contains("taskset"));
        assert!(without_terminal(&Errno::ENOENT.into()).contains("(No such file"));
    }

    #[test]
    fn more_than_any_host_has_is_refused() {
        // No privilege lifts the kernel's own limit of 65,536 messages.
        assert_eq!(make(1, 100_000, 8), Err(Errno::EINVAL));
        let folder = std::env::temp_dir();
        assert_eq!(find_room(&folder, u64::MAX), Err(Errno::ENOSPC));
        assert_eq!(find_room(&folder, 1), Ok(()));
        assert_eq!(count_cpus(1_000_000), Err(Errno::ENODEV));
        assert_eq!(count_cpus(1), Ok(()));
    }
}
