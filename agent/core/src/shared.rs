//! The guards that several kinds of targets share, in their order.

use crate::{
    Brakes, Guard, Memory, Range, TargetMemory, TargetName,
    guards::{
        Candidate, Gauntlet, Part, Ruling, approval, budget, clamp, flapping, foreign, launches,
        no_effect, pause, too_sick,
    },
    region::Region,
};

/// One target, and all that its guards may look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stage<'a> {
    pub(crate) name: &'a TargetName,
    pub(crate) brakes: &'a Brakes,
    /// The sizes that it may have.
    pub(crate) allowed: Range,
    pub(crate) memory: &'a Memory,
    pub(crate) past: &'a TargetMemory,
    pub(crate) region: &'a Region<'a>,
}

impl Stage<'_> {
    /// Whether anybody asked that nothing be done; `tag` is what the target's own tag says.
    pub(crate) fn pause(&self, candidate: Candidate, tag: Option<&str>) -> Ruling {
        let own = self.memory.pauses.get(self.name);
        pause(candidate, self.memory.pause.as_ref(), own, tag)
    }

    /// Whether members can be had.
    pub(crate) fn launches(&self, candidate: Candidate) -> Ruling {
        let other = self.region.short_beside(self.name, self.brakes);
        let times = (self.memory.now, self.brakes.shortage);
        launches(candidate, self.past.noticed.short.as_ref(), other, times)
    }

    /// The guards after the cooldown.
    pub(crate) fn last(&self, gauntlet: &mut Gauntlet, unhealthy: Part) {
        let Self { brakes, past, .. } = self;
        let (now, noticed) = (self.memory.now, &past.noticed);
        gauntlet.ask_or_page(Guard::NoEffect, |candidate| {
            let trials = brakes.effects.iter();
            let trials = trials.filter_map(|one| Some((one, noticed.effects.get(&one.input)?)));
            no_effect(candidate, trials)
        });
        self.steady(gauntlet, unhealthy);
        gauntlet.ask(Guard::Budget, |candidate| budget(candidate, past.gone(), brakes.budget, now));
        self.leave(gauntlet);
    }

    /// The guards against a world that is ill, against others and against ourselves.
    pub(crate) fn steady(&self, gauntlet: &mut Gauntlet, unhealthy: Part) {
        self.undisturbed(gauntlet, unhealthy);
        self.turns(gauntlet, |candidate| candidate);
    }

    /// The first two of them.
    pub(crate) fn undisturbed(&self, gauntlet: &mut Gauntlet, unhealthy: Part) {
        let Self { brakes, past, .. } = self;
        let (now, noticed) = (self.memory.now, &past.noticed);
        gauntlet.ask(Guard::TooSick, |candidate| {
            too_sick(candidate, unhealthy, self.region.unseen, brakes.sick)
        });
        gauntlet.ask(Guard::Foreign, |candidate| {
            let in_range = self.allowed.clamp(candidate.present);
            foreign(candidate, noticed.foreign, in_range, (now, brakes.foreign_respect))
        });
    }

    /// Whether it turns too often; `way` tells from where to where a candidate leads.
    pub(crate) fn turns(&self, gauntlet: &mut Gauntlet, way: impl FnOnce(Candidate) -> Candidate) {
        let (moves, flap) = (self.past.moves.iter(), self.brakes.flap);
        gauntlet.ask(Guard::Flap, |candidate| {
            match flapping(way(candidate), moves, flap, self.memory.now) {
                Ruling::Size(_, note) => Ruling::Size(candidate.size, note),
                hold @ Ruling::Hold(_) => hold,
            }
        });
    }

    /// A person's leave, and the range over all that the others made of the size.
    pub(crate) fn leave(&self, gauntlet: &mut Gauntlet) {
        gauntlet.ask(Guard::Approval, |candidate| {
            let given = self.memory.approvals.get(self.name);
            approval(candidate, self.brakes.approve, given, self.memory.now)
        });
        gauntlet.ask(Guard::Clamp, |candidate| clamp(candidate, self.allowed));
    }
}
