//! The time in which nobody could know what was asked of the service.
//!
//! A member at its limit is at 100 % whether twice or ten times as much is asked of it, and
//! clients that do not get through come back later or not at all.

use super::Terms;
use crate::history::{Column, History};

/// The CPU, in percent, from which on a member is at its limit.
pub const SATURATED: f64 = 95.0;

/// How much of the time tells nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unknowable {
    /// The share of steps, of those that are known, in which members were at their limit or a
    /// queue grew, 0 to 1.
    pub saturated: f64,
    /// The share of all steps in which load or capacity is not known, 0 to 1.
    pub missing: f64,
    /// How many steps are known.
    pub known: usize,
}

impl Unknowable {
    /// Why a history tells too little, if it does.
    pub(super) fn against(self, terms: Terms) -> Vec<String> {
        let percent = |share: f64| 100.0 * share;
        let mut why = Vec::new();
        if self.saturated > terms.unknowable {
            why.push(format!(
                "members were at their limit, or a queue grew, in {:.1} % of the time (more than \
                 {} %): nobody can know what was asked of them then",
                percent(self.saturated),
                percent(terms.unknowable),
            ));
        }
        if self.missing > terms.missing {
            why.push(format!(
                "of {:.1} % of the time (more than {} %) load, ready or cpu are not known",
                percent(self.missing),
                percent(terms.missing),
            ));
        }
        why
    }
}

/// How much of the time tells nothing.
pub(super) fn unknowable(history: &History) -> Unknowable {
    let is_known = |step: &usize| {
        let has = |column| history.get(column, *step).is_some();
        has(Column::Load) && has(Column::Ready) && (has(Column::Cpu) || has(Column::Queue))
    };
    let known: Vec<usize> = (0..history.len()).filter(is_known).collect();
    let saturated = known.iter().filter(|step| is_saturated(history, **step)).count();
    Unknowable {
        saturated: saturated as f64 / known.len().max(1) as f64,
        missing: 1.0 - known.len() as f64 / history.len().max(1) as f64,
        known: known.len(),
    }
}

/// Whether members were at their limit in a step, or left work undone: a queue of more than a
/// second's load that grew.
pub(super) fn is_saturated(history: &History, step: usize) -> bool {
    let queue = |step: usize| history.get(Column::Queue, step);
    let before = step.checked_sub(1).and_then(queue);
    let load = history.get(Column::Load, step).unwrap_or(0.0);
    let grows = queue(step).zip(before).is_some_and(|(now, before)| now > before && now > load);
    grows || history.get(Column::Cpu, step).is_some_and(|cpu| cpu >= SATURATED)
}
