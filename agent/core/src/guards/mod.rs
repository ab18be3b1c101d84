//! The brakes between what rules ask for and what is done.
//!
//! Each guard is a small pure function in a file of its own. It is given a
//! [`Candidate`] and rules on it: let it pass, change its size, or hold. Every ruling
//! becomes a line in the decision, also when it changes nothing.
//!
//! Brakes meant for shrinking never keep growth waiting. Those that groups and databases
//! share are asked in `shared.rs`.

mod approval;
mod budget;
mod clamp;
mod condemned;
mod cooldown;
mod dead_band;
mod destinations;
mod evidence;
mod flapping;
mod foreign;
mod launches;
mod no_effect;
mod pause;
mod projection;
mod range;
mod rate_limit;
mod stabilise;
mod suspicious_drop;
mod too_sick;
mod warm_up;

pub(crate) use approval::approval;
pub(crate) use budget::budget;
pub(crate) use clamp::clamp;
pub(crate) use condemned::condemned;
pub(crate) use cooldown::{cooldown, cooldown_up};
pub(crate) use dead_band::{dead_band, inside};
pub(crate) use destinations::destinations;
pub(crate) use evidence::evidence;
pub(crate) use flapping::flapping;
pub(crate) use foreign::foreign;
pub(crate) use launches::{launches, spreads};
pub(crate) use no_effect::no_effect;
pub(crate) use pause::pause;
pub(crate) use projection::projection;
pub(crate) use range::range;
pub(crate) use rate_limit::rate_limit;
pub(crate) use stabilise::stabilise;
pub(crate) use suspicious_drop::{Present, suspicion, suspicious_drop};
pub(crate) use too_sick::{Part, too_sick};
pub(crate) use warm_up::{InFlight, warm_up};

use crate::{Guard, GuardLine, Held, Side, target::leaves};
use std::{borrow::Cow, cmp::Ordering};

/// How many guards a group is sent through.
const GUARDS: usize = 18;

/// A size on its way through the guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The size that stands: members desired, replicas present, the value of a setting.
    pub(crate) present: u32,
    /// The size proposed.
    pub(crate) size: u32,
    /// Towards which side it may move without waiting: for all that has members, upwards.
    pub(crate) safe: Option<Side>,
}

impl Candidate {
    /// A size of something that is safe when it is large.
    pub(crate) const fn new(present: u32, size: u32) -> Self {
        Self { present, size, safe: Some(Side::High) }
    }

    /// Whether it moves away from its safe side, as whatever shrinks does. Without a safe
    /// side every move is one.
    pub(crate) fn shrinks(self) -> bool {
        leaves(self.safe, self.present, self.size)
    }

    /// Whether it moves towards its safe side.
    pub(crate) fn grows(self) -> bool {
        self.size != self.present && !self.shrinks()
    }

    /// The size, if it lies no further on its way than `limit`; else `limit`.
    pub(crate) fn at_most_to(self, limit: u32) -> u32 {
        match self.size.cmp(&self.present) {
            Ordering::Less => self.size.max(limit),
            Ordering::Equal => self.size,
            Ordering::Greater => self.size.min(limit),
        }
    }

    /// Whether `limit` lies on its way.
    pub(crate) const fn leads_to(self, limit: u32) -> bool {
        limit != self.present && (self.size < self.present) == (limit < self.present)
    }

    /// What it does when it moves away from its safe side, in a word.
    pub(crate) const fn leaving(self) -> &'static str {
        match self.safe {
            Some(Side::High) => "shrinking",
            Some(Side::Low) => "raising",
            None => "moving",
        }
    }

    /// What it does when it moves towards its safe side, in a word.
    pub(crate) const fn returning(self) -> &'static str {
        match self.safe {
            Some(Side::High) | None => "growth",
            Some(Side::Low) => "lowering",
        }
    }
}

/// What a guard has to say about a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ruling {
    /// The size may be this, which may be what it was.
    Size(u32, Cow<'static, str>),
    /// Nothing is to be done.
    Hold(Cow<'static, str>),
}

impl Ruling {
    /// Lets `candidate` pass, for a reason.
    pub(crate) fn pass(candidate: Candidate, why: &'static str) -> Self {
        Self::Size(candidate.size, Cow::Borrowed(why))
    }
}

/// The guards a target has been through, and what is left of the candidate.
#[derive(Debug)]
pub(crate) struct Gauntlet {
    /// The size so far.
    pub(crate) candidate: Candidate,
    /// One line per guard asked.
    pub(crate) lines: Vec<GuardLine>,
    /// What a person must look at.
    pub(crate) page: Option<String>,
    held: Option<Held>,
}

impl Gauntlet {
    pub(crate) fn new(present: u32, size: u32) -> Self {
        Self::of(Candidate::new(present, size))
    }

    /// The same, of something that may be safe when it is small.
    pub(crate) fn of(candidate: Candidate) -> Self {
        Self { candidate, lines: Vec::with_capacity(GUARDS), page: None, held: None }
    }

    /// Asks one guard. The first that holds, or that takes the last bit of a change
    /// away, is the reason why nothing is done; the others are still asked, so that
    /// the record is whole.
    pub(crate) fn ask(&mut self, guard: Guard, rule: impl FnOnce(Candidate) -> Ruling) {
        let before = self.candidate;
        let (size, note) = match rule(before) {
            Ruling::Size(size, note) => (size, note),
            Ruling::Hold(note) => {
                self.hold(guard, &note);
                (before.present, note)
            }
        };
        if before.size != before.present && size == before.present {
            self.hold(guard, &note);
        }
        self.candidate.size = size;
        self.lines.push(GuardLine { guard, size, note });
    }

    /// Asks a guard whose hold is a person's to end.
    pub(crate) fn ask_or_page(&mut self, guard: Guard, rule: impl FnOnce(Candidate) -> Ruling) {
        let ruling = rule(self.candidate);
        if let Ruling::Hold(note) = &ruling {
            self.page = Some(note.to_string());
        }
        self.ask(guard, |_| ruling);
    }

    fn hold(&mut self, guard: Guard, note: &str) {
        self.held.get_or_insert_with(|| Held::Guard(guard, note.to_owned()));
    }

    /// The size to have, or why nothing is done.
    pub(crate) fn verdict(&mut self, without_opinion: bool) -> Result<u32, Held> {
        match self.held.take() {
            Some(held) => Err(held),
            None if self.candidate.size != self.candidate.present => Ok(self.candidate.size),
            None if without_opinion => Err(Held::NoOpinion),
            None => Err(Held::AsWanted),
        }
    }
}
