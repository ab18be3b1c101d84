//! From a size to an action on a group whose members are picked by name.
//!
//! In this order: growth, by those on standby first, since they serve at once; then the end of
//! those that are done; then the return of those that are late; then a new drain. One action
//! a pass, and none of them waits for another to be over.

use crate::{
    Action, Group, GroupSettings, Guard, Held, Memory, Settings, Span, TargetMemory,
    defaults::DRAIN_AT_ONCE,
    guards::{Candidate, Gauntlet, Part, Ruling, suspicious_drop, too_sick},
    shared::Stage,
    victims::{Crew, Victims},
};

/// The members of a group, if they are to be picked by name.
pub(crate) fn crew<'a>(
    (settings, group, whole): (&'a GroupSettings, &'a Group, &Settings),
    memory: &'a Memory,
    past: &'a TargetMemory,
) -> Option<Crew<'a>> {
    let settings = settings.sessions.as_ref()?;
    let max_age = whole.inputs.get(&settings.input).map_or(Span::ZERO, |input| input.max_age);
    Some(Crew { group, settings, memory, past, max_age })
}

/// Asks the last guard of such a group: who goes.
pub(crate) fn pick(gauntlet: &mut Gauntlet, crew: &Crew<'_>) -> Victims {
    let Candidate { present, size, .. } = gauntlet.candidate;
    let victims = match present.saturating_sub(size) {
        0 => Victims::default(),
        wanted => crew.victims(wanted),
    };
    gauntlet.ask(Guard::Victims, |candidate| victims.rule(candidate));
    victims
}

/// Whether those on standby are left there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Standby {
    /// Nobody is touched: a person wants it so.
    Paused,
    /// Nobody is ended: they may be needed, and could not be bought back.
    Kept,
    /// Who is done may go.
    Free,
}

impl Standby {
    /// What holds, by the guards that hold shrinking for what is around.
    pub(crate) fn of(
        stage: &Stage<'_>,
        (settings, group): (&GroupSettings, &Group),
        suspicion: Option<&str>,
    ) -> Self {
        // What they would say if one fewer were wanted.
        let size = group.desired;
        let fewer = Candidate::new(size.saturating_add(1), size);
        let holds = |ruling: Ruling| matches!(ruling, Ruling::Hold(_));
        if holds(stage.pause(fewer, group.paused.as_deref())) {
            return Self::Paused;
        }
        let (now, last) = (stage.memory.now, stage.past.noticed.suspicion.as_ref());
        let drop = (now, settings.brakes.drop);
        let unhealthy = Part { some: group.unhealthy, all: group.desired };
        let kept = holds(stage.launches(fewer))
            || holds(suspicious_drop(fewer, suspicion, last, drop))
            || holds(too_sick(fewer, unhealthy, stage.region.unseen, settings.brakes.sick));
        if kept { Self::Kept } else { Self::Free }
    }
}

/// The action for `size`, or another that its members need more.
pub(crate) fn named(
    size: Result<u32, Held>,
    crew: &Crew<'_>,
    victims: Victims,
    (settings, most, standby): (&GroupSettings, u32, Standby),
) -> Result<Action, Held> {
    let from = crew.group.desired;
    if let Ok(to) = size
        && to > from
    {
        let members = crew.reserve((to - from) as usize);
        return Ok(match members.is_empty() {
            true => Action::Resize { from, to },
            false => Action::Return { from, to, members },
        });
    }
    let drain = size.map(|to| Action::Drain { from, to, members: victims.names });
    let instead = match standby {
        Standby::Paused => None,
        Standby::Kept => late(crew, most),
        Standby::Free => done(crew, settings).or_else(|| late(crew, most)),
    };
    instead.map_or(drain, Ok)
}

/// The end of those that are done: no more at once than may be taken out at once.
fn done(crew: &Crew<'_>, settings: &GroupSettings) -> Option<Action> {
    let share = (f64::from(crew.group.desired) * settings.shrink.share + 1e-6) as u32;
    let most = settings.shrink.count.max(share).min(DRAIN_AT_ONCE);
    let members = crew.done(most as usize);
    (!members.is_empty()).then_some(Action::Retire { members })
}

/// The return of those that are late, unless a size is on its way or there is no room.
fn late(crew: &Crew<'_>, most: u32) -> Option<Action> {
    let from = crew.group.desired;
    let room = most.saturating_sub(from).min(DRAIN_AT_ONCE);
    let members = if crew.past.open.is_none() { crew.overdue(room as usize) } else { Vec::new() };
    let back = u32::try_from(members.len()).unwrap_or(u32::MAX);
    (back > 0).then_some(Action::Return { from, to: from + back, members })
}
