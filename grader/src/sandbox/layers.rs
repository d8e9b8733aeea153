//! The protections of a run by name: which were active, and why the others were not.
//!
//! A layer is active because its step was done and succeeded, never because the host looks as if it would.

use nix::errno::Errno;

use crate::record::{Layer, LayerState, Refusal};

pub(super) use crate::record::layer::{
    CONTROL_GROUP, LANDLOCK, NAMESPACES, SECCOMP, SIGNAL_SCOPE, TRACE, UNPRIVILEGED_USER,
};

/// What every run has: without it there is none.
pub(super) const ALWAYS: [&str; 4] = ["child-subreaper", "clean-environment", "limits", "session"];

/// A step that the host refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    /// What was tried.
    pub(super) step: String,
    /// What the kernel said.
    pub(super) errno: Errno,
}

impl Refused {
    pub(super) fn new(step: &str, errno: Errno) -> Self {
        Self {
            step: step.to_owned(),
            errno,
        }
    }

    /// For `map_err`: what was tried when this error came.
    pub(super) fn at(step: &str) -> impl Fn(Errno) -> Self {
        move |errno| Self::new(step, errno)
    }
}

/// A layer that is there.
pub(super) fn active(layer: &str) -> Layer {
    Layer {
        layer: layer.to_owned(),
        state: LayerState::Active,
        refusal: None,
    }
}

/// A layer that this host refused.
pub(super) fn unavailable(layer: &str, refused: &Refused) -> Layer {
    Layer {
        layer: layer.to_owned(),
        state: LayerState::Unavailable,
        refusal: Some(Refusal {
            step: refused.step.clone(),
            error: format!("{:?}", refused.errno),
            hint: hint(refused).to_owned(),
        }),
    }
}

/// What to do about it.
fn hint(refused: &Refused) -> &'static str {
    match (refused.step.as_str(), refused.errno) {
        (FORCED, _) => "this is what the environment variable FORKLINGS_SANDBOX asked for",
        ("make namespaces", Errno::EPERM) => {
            "the host does not let this user make namespaces: a container's seccomp profile has to allow them (Docker and Podman: \
             --security-opt seccomp=unconfined); on older Debian, set the sysctl kernel.unprivileged_userns_clone=1"
        }
        ("make namespaces", Errno::ENOSPC | Errno::EUSERS) => {
            "the host allows no more namespaces: raise the sysctl user.max_user_namespaces"
        }
        ("make namespaces", Errno::EINVAL | Errno::ENOSYS) => {
            "the kernel was built without namespaces"
        }
        ("write the user's map", _) | ("make mounts private", Errno::EPERM | Errno::EACCES) => {
            "on Ubuntu, AppArmor takes rights from new user namespaces: set the sysctl \
             kernel.apparmor_restrict_unprivileged_userns=0, or allow the grader by a profile of its own"
        }
        ("mount /proc", _) => {
            "the host hides parts of /proc, as containers do: start the container with \
             --security-opt systempaths=unconfined"
        }
        ("make the tree read-only", Errno::ENOSYS) => "read-only trees need Linux 5.12",
        ("enter the root", Errno::EINVAL) => {
            "the machine's root is an initial ramdisk, which nothing can take the place of"
        }
        ("ask for Landlock", _) => {
            "the kernel has no Landlock, or it is not among its security modules: add `landlock` to `lsm=` at boot"
        }
        ("find message queues in /dev/mqueue", _) => {
            "mount message queues: sudo mount -t mqueue none /dev/mqueue"
        }
        (
            "find control groups of version 2"
            | "find a control group that hands memory and pids on",
            _,
        ) => {
            "memory and processes of a run are limited one by one; on a host with systemd, start the grader in a user session, or \
             by systemd-run --user --scope"
        }
        ("make a control group" | "enter a control group", _) => {
            "no group is this user's to divide: on a host with systemd, start the grader in a user session, or by \
             systemd-run --user --scope; containers keep groups read-only"
        }
        ("keep signals in", _) => {
            "Landlock keeps signals and abstract sockets in from Linux 6.12 on; signals are refused by the trace in any case"
        }
        ("trace", _) => {
            "the host does not let processes be traced: in a container, allow `ptrace` in its seccomp profile; \
             otherwise look at the sysctl kernel.yama.ptrace_scope"
        }
        _ => "",
    }
}

/// The step that is named where somebody asked for the reduced mode.
pub(super) const FORCED: &str = "not wanted";
