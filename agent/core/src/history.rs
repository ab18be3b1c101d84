//! The past that a start does not remember: what to ask the sources for, and what comes of it.
//!
//! A window answers only once it is covered, so an agent that starts without a journal would
//! be blind for as long as its policies look back. What a source says of the past goes into
//! the snapshot, and from there into the windows, as any reading does.

use crate::{
    InputKey, InputSettings, Memory, Settings, Snapshot, Span, Timestamp, Window,
    absorb::is_not_ahead,
};
use std::{collections::BTreeMap, sync::Arc};

/// The stretch of the past that is wanted of one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// From when on.
    pub since: Timestamp,
    /// The time from one sample to the next.
    pub step: Span,
}

impl Memory {
    /// The inputs whose windows are not full at `now`, each with the past that would fill it.
    pub fn unfilled(&self, settings: &Settings, now: Timestamp) -> BTreeMap<InputKey, Stretch> {
        let looks_back = |input: &InputSettings| input.per.is_none() && input.window > Span::ZERO;
        let wanted = |(key, input): (&InputKey, &InputSettings)| {
            let window = self.windows.get(key);
            let full = window.is_some_and(|window| window.is_full(input.window, now));
            let stretch = Stretch { since: now - input.keep(), step: input.period };
            (looks_back(input) && !full).then(|| (key.clone(), stretch))
        };
        settings.inputs.iter().filter_map(wanted).collect()
    }

    /// Puts what sources said of the past into the windows.
    pub(crate) fn recall(&mut self, settings: &Settings, snapshot: &Snapshot) {
        for (key, samples) in &snapshot.history {
            let Some(input) = settings.inputs.get(key).filter(|input| input.per.is_none()) else {
                continue;
            };
            let window = self.window(key, input);
            let in_base = |sample: &crate::Sample| {
                let sample = crate::Sample::new(sample.at, input.unit.to_base(sample.value()))?;
                is_not_ahead(sample, snapshot.at.wall).ok().map(|()| sample)
            };
            window.fill(samples.iter().filter_map(in_base));
        }
    }

    /// The window of an input, made if need be, as long as it is wanted now: the policy may be
    /// another than the one that it was made for.
    pub(crate) fn window(&mut self, key: &InputKey, input: &InputSettings) -> &mut Window {
        let (keep, period) = (input.keep(), input.period);
        let made = || Arc::new(Window::new(keep, period));
        let window = Arc::make_mut(self.windows.entry(key.clone()).or_insert_with(made));
        window.fit(keep, period);
        window
    }
}
