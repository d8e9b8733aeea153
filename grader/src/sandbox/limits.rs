//! The limits of a run: set before it begins, and recognized at its end.
//!
//! The kernel holds processes to most of them; what is exceeded shows in a signal, in what the program says, or in a file system
//! without room. The runner watches over the others itself: time, processes, output.

use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::statvfs::statvfs;

use super::group::Group;
use super::hardening::Reach;
use super::request::RunRequest;
use super::setting::Setting;
use crate::record::{Ending, Exit, Limit};

/// How many threads there may be beyond one for each process. So many that the runner, who counts processes, comes first: a fork
/// that fails says less than a limit that was exceeded.
const MOST_THREADS: usize = 4096;

/// How many bytes the message queues of a run may take: what Linux allows a user (`mq_overview(7)`).
const QUEUE_BYTES: libc::rlim_t = 819_200;

/// How many addresses a process may take at least. Each thread that allocates reserves 64 MiB of them and uses little (`malloc(3)`), so
/// they say nothing about memory; but they bound what processes can share.
const ADDRESSES: libc::rlim_t = 2 << 30;

/// Sets the limits of `setrlimit(2)` for the calling process, which is about to become the program.
///
/// # Errors
/// When the kernel refuses.
pub(super) fn set(request: &RunRequest, setting: &Setting) -> Result<(), Errno> {
    let same = |resource, value| (resource, value, value);
    let mut limits = vec![
        same(Resource::RLIMIT_CORE, 0),
        (
            Resource::RLIMIT_CPU,
            request.cpu_seconds,
            request.cpu_seconds + 1,
        ),
        same(Resource::RLIMIT_FSIZE, request.file_bytes),
        same(Resource::RLIMIT_NOFILE, request.descriptors),
        same(Resource::RLIMIT_DATA, request.memory_bytes),
        same(Resource::RLIMIT_AS, request.memory_bytes.max(ADDRESSES)),
        same(Resource::RLIMIT_MSGQUEUE, QUEUE_BYTES),
    ];
    if setting.is_alone {
        // It counts threads too, and everybody with the same user id, in this user namespace and those below.
        limits.push(same(Resource::RLIMIT_NPROC, threads(request)));
    }
    for (resource, soft, hard) in limits {
        // Nobody may raise what the grader itself was given.
        let (_, most) = getrlimit(resource)?;
        setrlimit(resource, soft.min(most), hard.min(most))?;
    }
    Ok(())
}

/// How much memory all processes may have together, where a control group can limit that: as much as one of them may address, and
/// all files, of which those in memory count.
pub(super) fn memory_of_all(request: &RunRequest) -> u64 {
    let files = request.disk_bytes.saturating_mul(2);
    request.memory_bytes.saturating_add(files)
}

/// How many processes and threads there may be.
pub(super) fn threads(request: &RunRequest) -> u64 {
    u64::try_from(request.processes + MOST_THREADS).unwrap_or(u64::MAX)
}

/// How the program ended, as far as its end itself says: some limits end it by a signal.
pub(super) fn ending(request: &RunRequest, ended: Exit, cpu: Duration) -> Ending {
    let used_up = cpu >= Duration::from_secs(request.cpu_seconds);
    match ended {
        Exit::Code(code) => Ending::Exited { code },
        Exit::Signal(libc::SIGXCPU) => Ending::Exceeded { limit: Limit::Cpu },
        // A program that does not die of SIGXCPU goes on to the hard limit: `setrlimit(2)`.
        Exit::Signal(libc::SIGKILL) if used_up => Ending::Exceeded { limit: Limit::Cpu },
        Exit::Signal(libc::SIGXFSZ) => Ending::Exceeded {
            limit: Limit::FileSize,
        },
        Exit::Signal(signal) => Ending::Signaled { signal },
    }
}

/// The limit behind an ending that does not say so itself: what the program lacked made it fail.
pub(super) fn lacked(
    request: &RunRequest,
    reach: Reach,
    group: Option<&Group>,
    ending: Ending,
    stderr: &[u8],
) -> Option<Limit> {
    let says = |words: &[u8]| stderr.windows(words.len()).any(|it| it == words);
    match ending {
        Ending::Exited { code: 0 } | Ending::Hung | Ending::Exceeded { .. } => None,
        _ if let Some(limit) = group.and_then(Group::exceeded) => Some(limit),
        // What the standard library says before it aborts.
        Ending::Signaled {
            signal: libc::SIGABRT,
        } if says(b"memory allocation of ") => Some(Limit::Memory),
        Ending::Exited { .. } | Ending::Signaled { .. }
            if reach == Reach::Run && is_disk_full(&request.folder) =>
        {
            Some(Limit::Disk)
        }
        _ => None,
    }
}

/// Whether one of the run's own file systems has no room left.
fn is_disk_full(folder: &Path) -> bool {
    let is_full = |folder: &Path| {
        statvfs(folder).is_ok_and(|it| it.blocks_free() == 0 || it.files_free() == 0)
    };
    [folder, Path::new("/dev/shm")].iter().any(|it| is_full(it))
}
