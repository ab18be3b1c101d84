//! The smallest change of one input that changes a decision.
//!
//! Each input is moved up and down from what was read, in steps that double, until the pass
//! comes out otherwise; then the place is narrowed down by halving. Every try makes the whole
//! pass again, so what is told is what would have been decided, and no estimate. Where
//! decisions go to and fro within a step, a nearer change may be passed over.

use super::{Recalled, done, words};
use setpoint_control::think;
use setpoint_core::{
    Decision, InputKey, Memory, Reading, Sample, Snapshot, TargetName, Unit, Window,
};
use std::sync::Arc;

/// The first step, as a share of what was read.
const FIRST: f64 = 0.002;
/// Steps, each twice the one before: up to sixteen times what was read.
const STEPS: i32 = 14;
/// Halvings of the last step.
const HALVINGS: u32 = 20;

/// One input, and what would have changed the decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The input.
    pub input: InputKey,
    /// Its unit.
    pub unit: Unit,
    /// What was read.
    pub was: f64,
    /// The least changes, smallest first: one up, one down, or none.
    pub changes: Vec<Change>,
}

/// A change of an input, and what would have come of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What would have been read.
    pub would: f64,
    /// What would have been decided.
    pub outcome: String,
}

impl Tried {
    /// How far its least change is from what was read, as a share of it; infinite without any.
    pub fn distance(&self) -> f64 {
        self.changes.first().map_or(f64::INFINITY, |it| distance(self.was, it.would))
    }
}

fn distance(was: f64, would: f64) -> f64 {
    (would - was).abs() / was.abs().max(f64::MIN_POSITIVE)
}

/// Every input of the pass that was read as one number, the one that is nearest to another
/// decision about `target` first.
///
/// Needs the stack that policies need.
pub fn what_if(pass: &Recalled, target: &TargetName) -> Vec<Tried> {
    let decided = |snapshot: &Snapshot, mut memory: Memory| -> Option<Decision> {
        let evaluator = pass.evaluator.as_ref();
        let thought = think(&pass.program.settings, &mut memory, snapshot, evaluator);
        thought.plan.decisions.into_iter().find(|decision| decision.target == *target)
    };
    let Some(now) = decided(&pass.snapshot, pass.before.clone()).as_ref().map(done) else {
        return Vec::new();
    };
    let mut tried: Vec<Tried> = Vec::new();
    for (input, settings) in &pass.program.settings.inputs {
        let Some(Reading::Sample(sample)) = pass.snapshot.readings.get(input) else { continue };
        let decide = |value: f64| -> Option<(Option<String>, String)> {
            let (snapshot, before) = with(pass, input, *sample, value)?;
            decided(&snapshot, before).map(|decision| (done(&decision), words(&decision)))
        };
        let most = match settings.unit {
            Unit::Percent => 100.0,
            Unit::Ratio => 1.0,
            Unit::Ms | Unit::Seconds | Unit::Bytes | Unit::PerSecond | Unit::Count => f64::MAX,
        };
        let was = sample.value();
        let search = |end| first_change(&decide, was, end, &now);
        let mut changes: Vec<Change> = [most, 0.0].into_iter().filter_map(search).collect();
        changes.sort_by(|a, b| distance(was, a.would).total_cmp(&distance(was, b.would)));
        tried.push(Tried { input: input.clone(), unit: settings.unit, was, changes });
    }
    tried.sort_by(|a, b| a.distance().total_cmp(&b.distance()));
    tried
}

/// The pass as it would have been, had `input` read `value`.
///
/// A sample that was read before is in its window already, where the first of a stamp stays: it
/// is taken out, so that the other one counts.
fn with(
    pass: &Recalled,
    input: &InputKey,
    sample: Sample,
    value: f64,
) -> Option<(Snapshot, Memory)> {
    let mut snapshot = pass.snapshot.clone();
    let other = Sample::new(sample.at, value)?;
    snapshot.readings.insert(input.clone(), Reading::Sample(other));
    let mut before = pass.before.clone();
    if let Some(window) = before.windows.get_mut(input) {
        let period = pass.program.settings.inputs.get(input)?.period;
        let mut kept = Window::new(pass.program.settings.longest_window(), period);
        window.samples().filter(|it| it.at < sample.at).for_each(|it| kept.push(it));
        *window = Arc::new(kept);
    }
    Some((snapshot, before))
}

/// The first value on the way from `was` to `end` at which something else is done than `now`.
fn first_change(
    decide: &impl Fn(f64) -> Option<(Option<String>, String)>,
    was: f64,
    end: f64,
    now: &Option<String>,
) -> Option<Change> {
    let sign = if end > was { 1.0 } else { -1.0 };
    let step = if was == 0.0 { FIRST } else { was.abs() * FIRST };
    let (mut near, mut found) = (was, None);
    for doubling in 0..STEPS {
        let far = was + sign * step * 2.0_f64.powi(doubling);
        let far = if sign > 0.0 { far.min(end) } else { far.max(end) };
        if far == near {
            return None;
        }
        let (outcome, words) = decide(far)?;
        if outcome != *now {
            found = Some((far, words));
            break;
        }
        near = far;
    }
    let (mut far, mut outcome) = found?;
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(near, far);
        match decide(middle)? {
            (other, words) if other != *now => (far, outcome) = (middle, words),
            _ => near = middle,
        }
    }
    // A number that people can read, if it still does.
    let short = shortened(far, sign);
    match decide(short) {
        Some((other, words)) if other != *now => Some(Change { would: short, outcome: words }),
        Some(_) | None => Some(Change { would: far, outcome }),
    }
}

/// To four digits, away from where it came from.
fn shortened(value: f64, sign: f64) -> f64 {
    if value == 0.0 {
        return value;
    }
    let scale = 10.0_f64.powi(3 - value.abs().log10().floor() as i32);
    let scaled = value * scale;
    (if sign > 0.0 { scaled.ceil() } else { scaled.floor() }) / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve, and one more for every 5.5 above 66; one fewer below 60.
    fn decide(value: f64) -> Option<(Option<String>, String)> {
        let size = match value {
            high if high >= 66.01 => format!("resize 10 -> {}", 13 + ((high - 66.01) / 5.5) as u32),
            low if low < 60.0 => return Some((None, "held: as wanted".to_owned())),
            _ => "resize 10 -> 12".to_owned(),
        };
        Some((Some(size.clone()), size))
    }

    #[track_caller]
    fn check(was: f64, end: f64, expected: Option<(f64, &str)>) {
        let now = decide(was).unwrap().0;
        let found = first_change(&decide, was, end, &now);
        let found = found.as_ref().map(|it| (it.would, it.outcome.as_str()));
        assert_eq!(found, expected);
    }

    #[test]
    fn the_nearest_change_is_found_in_numbers_that_people_read() {
        check(61.2, 100.0, Some((66.02, "resize 10 -> 13")));
        check(61.2, 0.0, Some((59.99, "held: as wanted")));
        check(0.0, 0.0, None);
    }

    #[test]
    fn what_changes_nothing_within_its_bounds_is_said_to_change_nothing() {
        let still = |_: f64| Some((None, "held: as wanted".to_owned()));
        assert_eq!(first_change(&still, 50.0, 100.0, &None), None);
        assert_eq!(first_change(&still, 50.0, 0.0, &None), None);
    }
}
