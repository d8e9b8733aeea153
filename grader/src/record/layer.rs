//! The protections of a run: which it had, and how much they are together.

use serde::{Deserialize, Serialize};

/// What the first process of a run's own namespaces sets up, in the order in which it is listed. They come together or not at all.
pub(crate) const NAMESPACES: [&str; 7] = [
    "user-namespace",
    "pid-namespace",
    "private-files",
    "ipc-namespace",
    "network-namespace",
    "uts-namespace",
    "no-capabilities",
];

/// A run as a user id of its own, where the grader is root.
pub(crate) const UNPRIVILEGED_USER: &str = "unprivileged-user";

/// A control group, where one can be had.
pub(crate) const CONTROL_GROUP: &str = "control-group";

/// The filter that refuses calls.
pub(crate) const SECCOMP: &str = "seccomp";

/// Landlock's rules for files.
pub(crate) const LANDLOCK: &str = "landlock";

/// Landlock's border for signals.
pub(crate) const SIGNAL_SCOPE: &str = "signal-scope";

/// The tracer.
pub(crate) const TRACE: &str = "trace";

/// One protection of the sandbox and its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Its name, such as `pid-namespace`.
    pub layer: String,
    /// Whether it was active.
    pub state: LayerState,
    /// Why it was not.
    #[serde(skip_serializing_if = "Option::is_none", default, flatten)]
    pub refusal: Option<Refusal>,
}

/// Whether a protection was active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerState {
    /// It protected the run.
    Active,
    /// This host does not have it.
    Unavailable,
}

/// What a host refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What was tried.
    pub step: String,
    /// The error's name, such as EPERM.
    pub error: String,
    /// What to do about it; empty where nothing is known.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub hint: String,
}

/// How much protection the layers give together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Runs are closed off from the host, and seen.
    Full,
    /// They take place on the host, are seen, and calls that reach out are refused.
    Reduced,
    /// They take place on the host, and are not seen or not held back.
    None,
}

impl Mode {
    /// The mode of a run with these layers.
    #[must_use]
    pub fn of(layers: &[Layer]) -> Self {
        let has = |name: &&str| {
            let mut active = layers.iter().filter(|it| it.state == LayerState::Active);
            active.any(|it| it.layer == *name)
        };
        if ![SECCOMP, TRACE].iter().all(&has) {
            Self::None
        } else if NAMESPACES.iter().all(has) {
            Self::Full
        } else {
            Self::Reduced
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Reduced => "reduced",
            Self::None => "none",
        }
    }
}
