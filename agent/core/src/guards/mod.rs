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
mod cooldown;
mod dead_band;
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
pub(crate) use cooldown::cooldown;
pub(crate) use dead_band::{dead_band, inside};
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

use crate::{Guard, GuardLine, Held};
use std::borrow::Cow;

/// How many guards a group is sent through.
const GUARDS: usize = 18;

/// A size on its way through the guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The size that stands: members desired, replicas present.
    pub(crate) present: u32,
    /// The size proposed.
    pub(crate) size: u32,
}

impl Candidate {
    pub(crate) const fn shrinks(self) -> bool {
        self.size < self.present
    }

    pub(crate) const fn grows(self) -> bool {
        self.size > self.present
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
        let candidate = Candidate { present, size };
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
