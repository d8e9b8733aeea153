//! Which protections runs have here: the same answer gets the same verdict where these are the same.
//!
//! It takes a run to find out, and a verdict that has to be worked out needs the answer only in the end.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::record::LayerState;
use crate::run::{Probe, RunError};
use crate::verdict::Layer;

/// What is known of the protections.
#[derive(Debug, Default)]
pub(super) struct Protection(Mutex<State>);

#[derive(Debug, Default)]
enum State {
    /// Nobody has asked.
    #[default]
    Unasked,
    /// It is being found out.
    Asked(Probe),
    /// They are these.
    Known(Vec<Layer>),
}

impl Protection {
    /// Begins to find out, where nobody has.
    pub(super) fn ask(&self) {
        let mut state = self.state();
        if matches!(*state, State::Unasked) {
            *state = State::Asked(Probe::begin());
        }
    }

    /// The protections, each with its state.
    ///
    /// # Errors
    /// When the grader could not do its work.
    pub(super) fn layers(&self) -> Result<Vec<Layer>, RunError> {
        let mut state = self.state();
        let known = match std::mem::take(&mut *state) {
            State::Known(layers) => layers,
            State::Asked(probe) => probe.layers()?,
            State::Unasked => Probe::begin().layers()?,
        };
        *state = State::Known(known.clone());
        Ok(known)
    }

    /// The names of those that are active.
    ///
    /// # Errors
    /// When the grader could not do its work.
    pub(super) fn active(&self) -> Result<String, RunError> {
        let layers = self.layers()?;
        let active = layers.iter().filter(|it| it.state == LayerState::Active);
        let names: Vec<&str> = active.map(|it| it.layer.as_str()).collect();
        Ok(names.join(" "))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked has left a state that is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
