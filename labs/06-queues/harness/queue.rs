//! Names of message queues that no other run has, and queues that are left behind.

use nix::errno::Errno;
use nix::mqueue::{MQ_OFlag, MqAttr, mq_attr_member_t, mq_close, mq_open, mq_unlink};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, getpid};

/// A queue's name, which belongs to the process that made this value. It goes, at the latest, when the value does.
#[derive(Debug)]
pub(crate) struct Name {
    name: String,
    owner: Pid,
}

impl Name {
    /// A name with the process id in it: queues are known in the whole system, and many runs can go on at once.
    ///
    /// # Errors
    ///
    /// What the host says where it does not let this user have so many messages of this size.
    pub(crate) fn new(what: &str, messages: i64, bytes: i64) -> Result<Self, Errno> {
        let owner = getpid();
        let name = Self {
            name: format!("/forklings-{what}-{owner}"),
            owner,
        };
        // A run that was killed can have left a queue to a later one with the same id.
        name.remove()?;
        let attributes = MqAttr::new(
            0,
            mq_attr_member_t::from(messages),
            mq_attr_member_t::from(bytes),
            0,
        );
        let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR | MQ_OFlag::O_CLOEXEC;
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        mq_close(mq_open(name.as_str(), flags, mode, Some(&attributes))?)?;
        name.remove()?;
        Ok(name)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.name
    }

    /// Removes the name, and says whether it was there.
    pub(crate) fn remove(&self) -> Result<bool, Errno> {
        match mq_unlink(self.as_str()) {
            Ok(()) => Ok(true),
            Err(Errno::ENOENT) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        // A forked child that unwinds must not take the name from its parent.
        if getpid() == self.owner {
            // Nothing could be done about an error here.
            let _ = self.remove();
        }
    }
}

/// Exit code of a program that cannot do its work on this host, `EX_UNAVAILABLE` of sysexits(3head).
pub(crate) const UNAVAILABLE: u8 = 69;

/// Why the host has no message queue for this program, and what to do about it.
pub(crate) fn refusal(error: Errno) -> String {
    let advice = match error {
        Errno::ENOSPC => {
            "the system has as many queues as /proc/sys/fs/mqueue/queues_max allows: remove some of those in /dev/mqueue"
        }
        Errno::EMFILE | Errno::ENFILE => {
            "your queues use all bytes that `ulimit -q` allows: remove some of those in /dev/mqueue, or raise the limit"
        }
        Errno::EINVAL => {
            "/proc/sys/fs/mqueue/msg_max or msgsize_max is too small: the usual values are 10 and 8192"
        }
        Errno::ENOSYS => {
            "this kernel has no POSIX message queues (CONFIG_POSIX_MQUEUE): use another machine"
        }
        _ => "a security policy forbids them, perhaps that of a container: use another machine",
    };
    format!("this host has no message queue for the exercise ({error}); {advice}")
}
