//! A rollout: revisions that come in turn, the latest of which, the candidate, serves a share of the
//! requests beside the stable one, on the same members.
//!
//! Who brings another revision in the middle of a rollout brings it in the place of the candidate,
//! with the share that it has. A candidate that had all requests is the stable one from then on, and
//! the next begins with none. Start reading at [`Rollout::step`].

use super::{Refusal, engine::Flow, latency::Answers};
use setpoint_core::{Rollout as Seen, Span};

/// The revisions that are rolled out in the course of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RolloutModel {
    /// What it is called.
    pub name: String,
    /// In the order in which they come.
    pub revisions: Vec<Revision>,
}

/// A revision of the service.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// What tells it from every other.
    pub name: String,
    /// When it is there, after the start. Until the first comes there is no candidate.
    pub at: Span,
    /// The share of the requests it serves that ends in an error for its sake, 0 to 1.
    pub errors: f64,
    /// How many times as long as usual its requests take. Above zero.
    pub slower: f64,
}

/// What a revision does to the requests it serves.
#[derive(Clone, Copy, Debug)]
struct Manner {
    errors: f64,
    slower: f64,
}

/// A rollout in the course of a run.
#[derive(Clone, Debug)]
pub(super) struct Rollout {
    model: RolloutModel,
    /// How many revisions have come: the last of them is the candidate.
    come: usize,
    /// The candidate's share of the requests, in percent.
    share: u32,
    stable: Manner,
}

/// How the requests of a second fell to the two revisions.
#[derive(Clone, Debug)]
pub(super) struct Sides {
    pub(super) stable: Side,
    pub(super) candidate: Side,
    /// Attempts that failed whoever served them: they found no connection.
    pub(super) unconnected: f64,
}

/// What a revision served in a second.
#[derive(Clone, Debug)]
pub(super) struct Side {
    /// Attempts that it served, well or not.
    pub(super) took: f64,
    /// Of those, the ones that ended in an error.
    pub(super) failed: f64,
    /// How long the others took.
    pub(super) answers: Answers,
}

impl Rollout {
    /// All requests, in percent.
    const ALL: u32 = 100;

    pub(super) const fn new(model: RolloutModel) -> Self {
        let stable = Manner { errors: 0.0, slower: 1.0 };
        Self { model, come: 0, share: 0, stable }
    }

    /// Lets the second from `now` begin: the revisions that come in it.
    pub(super) fn step(&mut self, now: Span) {
        while self.model.revisions.get(self.come).is_some_and(|next| next.at <= now) {
            if self.share == Self::ALL {
                (self.stable, self.share) = (self.candidate(), 0);
            }
            self.come += 1;
        }
    }

    fn revision(&self) -> Option<&Revision> {
        self.come.checked_sub(1).and_then(|last| self.model.revisions.get(last))
    }

    fn candidate(&self) -> Manner {
        self.revision().map_or(self.stable, |it| Manner { errors: it.errors, slower: it.slower })
    }

    /// What its provider says of it.
    pub(super) fn seen(&self) -> Seen {
        let revision = self.revision().map(|it| it.name.clone());
        let busy = revision.is_none().then(|| "no candidate is up".to_owned());
        Seen { share: self.share, revision, busy, ..Seen::default() }
    }

    /// The candidate's share of the requests, in percent.
    pub(super) const fn share(&self) -> u32 {
        self.share
    }

    /// Gives the candidate another share. Only the very candidate that was decided about is raised,
    /// and only from the share it had then; what takes a share back is never stale.
    pub(super) fn set(
        &mut self,
        (from, to): (u32, u32),
        decided: Option<&str>,
    ) -> Result<(), Refusal> {
        if to > Self::ALL {
            return Err(Refusal::refused(format!("{to} % is more than there is")));
        }
        if to > self.share {
            let Some(candidate) = self.revision().map(|it| it.name.as_str()) else {
                return Err(Refusal::refused("no candidate is up"));
            };
            if let Some(decided) = decided.filter(|decided| *decided != candidate) {
                return Err(Refusal::stale(format!("the candidate is {candidate}, not {decided}")));
            }
            if from != self.share {
                let share = self.share;
                return Err(Refusal::stale(format!("the share is {share} %, not {from} %")));
            }
        }
        self.share = to;
        Ok(())
    }

    /// A number of each revision, by their shares.
    fn mean(&self, of: impl Fn(Manner) -> f64) -> f64 {
        let share = f64::from(self.share) / f64::from(Self::ALL);
        (1.0 - share) * of(self.stable) + share * of(self.candidate())
    }

    /// How many times the usual time a request takes.
    pub(super) fn work(&self) -> f64 {
        self.mean(|it| it.slower)
    }

    /// The share of served attempts that ends in an error for the sake of a revision, 0 to 1.
    pub(super) fn errors(&self) -> f64 {
        self.mean(|it| it.errors)
    }

    /// How what was served fell to the two; `unconnected` of it failed whoever served it.
    pub(super) fn sides(&self, flow: &Flow, answers: &Answers, unconnected: f64) -> Sides {
        let (done, work) = (flow.served + flow.errors, self.work());
        let side = |share: f64, manner: Manner| {
            let took = share * done;
            let failed = took * either(unconnected, manner.errors);
            let answers = answers.part(took - failed, manner.slower / work);
            Side { took, failed, answers }
        };
        let share = f64::from(self.share) / f64::from(Self::ALL);
        Sides {
            stable: side(1.0 - share, self.stable),
            candidate: side(share, self.candidate()),
            unconnected: unconnected * done,
        }
    }
}

/// The share that meets one of two misfortunes that know nothing of each other.
pub(super) fn either(one: f64, other: f64) -> f64 {
    one + (1.0 - one) * other
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(name: &str, minute: u64, errors: f64, slower: f64) -> Revision {
        Revision { name: name.to_owned(), at: Span::from_minutes(minute), errors, slower }
    }

    fn rollout() -> Rollout {
        let revisions = vec![revision("bad", 10, 0.2, 1.0), revision("good", 20, 0.0, 2.0)];
        Rollout::new(RolloutModel { name: "canary".to_owned(), revisions })
    }

    #[test]
    fn nothing_is_raised_before_there_is_a_candidate() {
        let mut rollout = rollout();
        rollout.step(Span::from_minutes(9));
        assert_eq!(rollout.set((0, 5), None).unwrap_err().to_string(), "no candidate is up");
        assert!(rollout.seen().busy.is_some());
        rollout.step(Span::from_minutes(10));
        assert_eq!(rollout.seen().revision.as_deref(), Some("bad"));
        assert_eq!(rollout.set((0, 5), Some("bad")), Ok(()));
    }

    #[test]
    fn another_candidate_than_was_decided_about_is_never_raised_and_always_taken_back() {
        let mut rollout = rollout();
        rollout.step(Span::from_minutes(10));
        rollout.set((0, 25), Some("bad")).unwrap();
        rollout.step(Span::from_minutes(20));
        let stale = rollout.set((25, 50), Some("bad")).unwrap_err();
        assert_eq!(stale.to_string(), "the candidate is good, not bad");
        let stale = rollout.set((5, 50), Some("good")).unwrap_err();
        assert_eq!(stale.to_string(), "the share is 25 %, not 5 %");
        assert_eq!(rollout.set((5, 0), Some("bad")), Ok(()));
        assert_eq!(rollout.share(), 0);
    }

    #[test]
    fn who_had_all_requests_is_the_stable_one_once_another_comes() {
        let mut rollout = rollout();
        rollout.step(Span::from_minutes(10));
        rollout.set((0, 100), None).unwrap();
        assert_eq!((rollout.errors(), rollout.work()), (0.2, 1.0));
        rollout.step(Span::from_minutes(20));
        assert_eq!((rollout.share(), rollout.errors()), (0, 0.2));
        rollout.set((0, 50), None).unwrap();
        assert_eq!((rollout.errors(), rollout.work()), (0.1, 1.5));
    }
}
