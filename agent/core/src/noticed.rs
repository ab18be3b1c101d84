//! What the guards have noticed of one target, and remember.
//!
//! It changes where all memory does: at the start of a pass, when a target is looked at,
//! and at its end, when a decision is kept. The guards themselves only read it.
//! Start reading at [`Noticed`].

use crate::{
    Brakes, Candidates, Decision, Effect, InputKey, Members, Move, Routes, Seen, Span, Starts,
    Tick, Timestamp, defaults,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// How long after an action the provider may still show what was before it.
const SHOWS_OLD: Span = Span::from_secs(60);

/// What the guards have noticed of one target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Noticed {
    /// Changes of size that were sent: what they explain, nobody else did.
    pub sent: VecDeque<Move>,
    /// The last change of size that was not ours, and when it was seen.
    pub foreign: Option<Move>,
    /// Members could not be had.
    pub short: Option<Shortage>,
    /// Members that the provider calls unhealthy.
    pub unhealthy: u32,
    /// The recent peaks of the load, falling: the first is the largest.
    pub loads: VecDeque<Load>,
    /// When a fall of the load was last suspicious, and why.
    pub suspicion: Option<(Tick, String)>,
    /// How growth went that should have an effect.
    pub effects: BTreeMap<InputKey, Trials>,
    /// Of a job: for which rules it was started.
    #[serde(skip_serializing_if = "Starts::is_nothing")]
    pub starts: Starts,
    /// Of a rollout: its candidates.
    #[serde(skip_serializing_if = "Candidates::is_nothing")]
    pub candidates: Candidates,
    /// Of a traffic: which routes were ours.
    #[serde(skip_serializing_if = "Routes::is_nothing")]
    pub routes: Routes,
}

/// Members could not be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// Since when.
    pub since: Tick,
    /// When it was last so.
    pub last: Tick,
    /// Why, in the provider's words.
    pub cause: String,
}

/// A load that was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// When, on the agent's time.
    pub at: Tick,
    /// When, by the wall clock: samples are stamped with that.
    pub wall: Timestamp,
    /// In members that are exactly at their goal.
    pub members: f64,
    /// Members that were unhealthy then.
    pub unhealthy: u32,
}

/// How growth went that should have brought an input down.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trials {
    /// What the input was when the action under way was decided.
    pub before: Option<f64>,
    /// Confirmed actions that are not judged yet.
    pub open: VecDeque<Trial>,
    /// How many were judged to have had none.
    pub failed: u32,
    /// The largest value from which one of these should have brought it down.
    pub worst: Option<f64>,
}

/// A confirmed action that should have an effect.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// When it was confirmed.
    pub at: Tick,
    /// What the input was when it was decided.
    pub before: f64,
}

/// What both clocks say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    pub(crate) now: Tick,
    pub(crate) wall: Timestamp,
}

impl Noticed {
    /// Whether there is nothing to remember.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Takes in how the target stands; `before` is how it stood at the last look.
    pub(crate) fn look(
        &mut self,
        seen: &Seen,
        (before, size): (Option<Members>, u32),
        now: Tick,
        (brakes, confirm_within): (&Brakes, Span),
    ) {
        if let Seen::Group(group) = seen {
            self.unhealthy = group.unhealthy;
            if let Some(cause) = &group.shortfall {
                self.is_short(now, cause);
            }
        }
        if let Seen::Job(job) = seen {
            self.starts.look(job, now);
        }
        if let Seen::Traffic(traffic) = seen {
            let moved = self.routes.look(traffic, now, (confirm_within, SHOWS_OLD));
            self.foreign = moved.or(self.foreign);
        }
        let forgotten = |short: &Shortage| now.since(short.last) >= brakes.shortage;
        if self.short.as_ref().is_some_and(forgotten) {
            self.short = None;
        }
        if let Some(before) = before.map(|members| members.desired).filter(|old| *old != size)
            && !self.is_ours(size, now, confirm_within)
            && !is_the_providers(seen, before, size)
        {
            self.foreign = Some(Move { at: now, from: before, to: size });
        }
        if self.foreign.is_some_and(|moved| now.since(moved.at) >= brakes.foreign_respect) {
            self.foreign = None;
        }
        while self.sent.front().is_some_and(|sent| now.since(sent.at) > confirm_within) {
            self.sent.pop_front();
        }
    }

    /// Notes that members could not be had.
    pub(crate) fn is_short(&mut self, now: Tick, cause: &str) {
        let since = self.short.as_ref().map_or(now, |short| short.since);
        self.short = Some(Shortage { since, last: now, cause: cause.to_owned() });
    }

    /// Whether a size is explained by what was sent: it arrived, perhaps without an answer,
    /// or the provider still shows what was before it.
    fn is_ours(&self, size: u32, now: Tick, confirm_within: Span) -> bool {
        self.sent.iter().any(|sent| {
            let age = now.since(sent.at);
            (size == sent.to && age <= confirm_within) || (size == sent.from && age <= SHOWS_OLD)
        })
    }

    /// Takes the action under way back: it was never sent, or not taken on.
    pub(crate) fn was_not_sent(&mut self) {
        self.sent.pop_back();
        self.is_lost();
    }

    /// The action under way came to nothing that was seen.
    pub(crate) fn is_lost(&mut self) {
        for trials in self.effects.values_mut() {
            trials.before = None;
        }
    }

    /// Growth has arrived: from now on its effect is awaited.
    pub(crate) fn is_confirmed(&mut self, now: Tick) {
        for trials in self.effects.values_mut() {
            trials.open.extend(trials.before.take().map(|before| Trial { at: now, before }));
        }
    }

    /// Judges growth that should have had `effect`, by what its input reads now.
    pub(crate) fn judge(&mut self, effect: &Effect, value: Option<f64>, now: Tick) {
        let Some(trials) = self.effects.get_mut(&effect.input) else { return };
        let shown = |before: f64| value.is_some_and(|now| now <= before * (1.0 - effect.falls));
        if trials.open.iter().any(|trial| shown(trial.before)) || trials.worst.is_some_and(shown) {
            *trials = Trials { before: trials.before, ..Trials::default() };
        }
        // Without a reading there is no judging, and what cannot be judged is forgotten.
        let patience = if value.is_some() { effect.within } else { effect.within.times(2) };
        while let Some(trial) = trials.open.front().copied()
            && now.since(trial.at) >= patience
        {
            trials.open.pop_front();
            if value.is_some() {
                trials.failed = trials.failed.saturating_add(1);
                trials.worst = trials.worst.max_of(trial.before);
            }
        }
    }

    /// Keeps what a decision noticed.
    pub(crate) fn remember(&mut self, decision: &Decision, Clocks { now, wall }: Clocks) {
        if let Some(why) = &decision.suspicion {
            self.suspicion = Some((now, why.clone()));
        }
        self.candidates.remember(decision, now);
        while self.loads.front().is_some_and(|load| now.since(load.at) > defaults::DROP_WITHIN) {
            self.loads.pop_front();
        }
        let Some(members) = decision.load else { return };
        while self.loads.back().is_some_and(|last| last.members <= members) {
            self.loads.pop_back();
        }
        self.loads.push_back(Load { at: now, wall, members, unhealthy: self.unhealthy });
    }

    /// Notes what the inputs of `effects` read while growth is decided.
    pub(crate) fn before_growth(&mut self, readings: impl Iterator<Item = (InputKey, f64)>) {
        for (input, value) in readings {
            let trials = self.effects.entry(input).or_default();
            trials.before = trials.before.max_of(value);
        }
    }
}

/// Whether a provider moved the size by itself: into its own range, or while it is busy.
fn is_the_providers(seen: &Seen, before: u32, size: u32) -> bool {
    let own = match seen {
        Seen::Group(group) => group.own_range,
        // A job runs for whoever starts it; routes are told apart by themselves.
        Seen::Job(_) | Seen::Traffic(_) => return true,
        Seen::Database(_)
        | Seen::Setting(_)
        | Seen::Flag(_)
        | Seen::Rollout(_)
        | Seen::Volume(_)
        | Seen::Nothing(_) => None,
    };
    let into_range = own.is_some_and(|own| own.clamp(before) == size);
    into_range || seen.busy().is_some()
}

/// The larger of what may be there and what is.
trait MaxOf {
    fn max_of(self, other: f64) -> Self;
}

impl MaxOf for Option<f64> {
    fn max_of(self, other: f64) -> Self {
        Some(self.map_or(other, |value| value.max(other)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Database, Group, Range};

    const CONFIRM: Span = Span::from_minutes(15);

    fn tick(seconds: u64) -> Tick {
        Tick::from_ms(seconds * 1000)
    }

    fn group(desired: u32) -> Group {
        Group { desired, ready: desired, ..Group::default() }
    }

    /// Whether a fleet of ten that shows `seen` at `now` was moved by somebody else, when
    /// `sent` are our own changes: seconds, from, to.
    #[track_caller]
    fn check(seen: Seen, sent: &[(u64, u32, u32)], now: u64, foreign: bool) {
        let sent = sent.iter().map(|(at, from, to)| Move { at: tick(*at), from: *from, to: *to });
        let mut noticed = Noticed { sent: sent.collect(), ..Noticed::default() };
        let before = Members { since: Timestamp::default(), ready: 10, desired: 10 };
        let (size, _) = seen.size().unwrap();
        let brakes = Brakes::new();
        noticed.look(&seen, (Some(before), size), tick(now), (&brakes, CONFIRM));
        assert_eq!(noticed.foreign.is_some(), foreign, "{seen:?} after {noticed:?}");
    }

    #[test]
    fn it_sees_what_somebody_else_did() {
        check(Seen::Group(group(15)), &[], 100, true);
        check(Seen::Group(group(15)), &[(50, 10, 20)], 100, true);
        check(Seen::Group(group(20)), &[(0, 10, 20)], 901, true);
        check(Seen::Database(Database::default()), &[], 100, true);
    }

    #[test]
    fn it_never_takes_its_own_doing_for_somebody_elses() {
        check(Seen::Group(group(20)), &[(50, 10, 20)], 100, false);
        check(Seen::Group(group(20)), &[(50, 10, 20), (65, 10, 40)], 100, false);
        check(Seen::Group(group(8)), &[(60, 8, 10)], 100, false); // the answer is a stale one
        check(Seen::Group(group(10)), &[], 100, false);
    }

    #[test]
    fn it_never_takes_the_providers_doing_for_somebody_elses() {
        let busy = Some("instance refresh".to_owned());
        check(Seen::Group(Group { busy, ..group(11) }), &[], 100, false);
        let own_range = Range::new(12, 20);
        check(Seen::Group(Group { own_range, ..group(12) }), &[], 100, false);
        check(Seen::Group(Group { own_range, ..group(13) }), &[], 100, true);
    }

    #[test]
    fn the_first_look_is_no_change() {
        let mut noticed = Noticed::default();
        noticed.look(&Seen::Group(group(10)), (None, 10), tick(0), (&Brakes::new(), CONFIRM));
        assert!(noticed.is_nothing());
    }

    /// How many actions failed after the input read `values`, one a minute, when growth was
    /// decided at 100 and confirmed before the first of them.
    #[track_caller]
    fn failed(values: &[Option<f64>], expected: u32) {
        let input = InputKey::new("p/conn");
        let within = Span::from_minutes(3);
        let effect = Effect { input: input.clone(), falls: 0.05, within, tries: 2 };
        let mut noticed = Noticed::default();
        noticed.before_growth([(input.clone(), 100.0)].into_iter());
        noticed.is_confirmed(tick(0));
        for (value, minute) in values.iter().zip(1..) {
            noticed.judge(&effect, *value, tick(minute * 60));
        }
        assert_eq!(noticed.effects[&input].failed, expected, "{values:?}");
    }

    #[test]
    fn an_effect_counts_as_absent_only_when_it_was_looked_for() {
        failed(&[Some(99.0), Some(97.0), Some(96.0)], 1);
        failed(&[Some(99.0), Some(95.0), Some(120.0)], 0);
        failed(&[Some(99.0), Some(99.0)], 0);
        failed(&[None, None, None, None], 0);
        failed(&[None, None, None, Some(99.0)], 1);
        failed(&[None; 9], 0);
    }

    #[test]
    fn an_effect_that_shows_late_lets_growth_go_on() {
        failed(&[Some(99.0), Some(99.0), Some(99.0), Some(94.0)], 0);
    }
}
