//! Events that tell of a call as it is.

use std::borrow::Cow;

use nix::errno::Errno;

use super::Recorder;
use super::living::{InCall, Live, Return, int};
use crate::record::{Event, What};
use crate::trace::calls::About;

impl Recorder {
    /// Takes note of what a call that has returned did.
    pub(super) fn tell(&mut self, it: &Return<'_>, what: What) {
        self.push(Event {
            at: it.call.at,
            until: Some(it.until),
            process: it.process,
            what,
        });
    }

    /// Takes note of a call as it is.
    pub(super) fn show(&mut self, it: &Return<'_>) {
        let what = plain(it.call, self.live.get(it.process));
        self.tell(it, what);
    }

    /// Takes note of a call as it is, with something that is worth knowing of it.
    pub(super) fn show_with(&mut self, it: &Return<'_>, detail: &str) {
        let what = detailed(it.call, self.live.get(it.process), Some(detail.to_owned()));
        self.tell(it, what);
    }
}

/// A call that failed.
pub(super) fn erroneous(call: &InCall, live: Option<&Live>, errno: Errno) -> What {
    let mut what = plain(call, live);
    if let What::Call { error, .. } = &mut what {
        *error = Some(format!("{errno:?}"));
    }
    what
}

/// A call with the descriptor and the path that it is about.
pub(super) fn plain(call: &InCall, live: Option<&Live>) -> What {
    let path = call.path.as_ref().filter(|path| !path.is_empty());
    detailed(call, live, path.cloned())
}

fn detailed(call: &InCall, live: Option<&Live>, detail: Option<String>) -> What {
    let descriptor = match call.known.about {
        About::Descriptor => Some(int(call.call.arguments[0])),
        About::Nothing | About::Path(_) => None,
    };
    let held = descriptor.and_then(|number| live?.descriptors.get(number));
    What::Call {
        call: Cow::Borrowed(call.known.name),
        descriptor,
        object: held.map(|held| held.object),
        detail,
        error: None,
    }
}
