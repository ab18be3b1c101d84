//! Lifecycle hooks: who holds a member on its way in or out, and until when.
//!
//! Times are those of the world: a heartbeat of 60 seconds lasts a second at a pace of 60.

use super::{
    super::{account::Account, ask::Ask, data::Data, fault::Fault},
    Group,
};
use setpoint_core::Span;

/// Which way a member goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moving {
    In,
    Out,
}

/// A hook.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    moving: Moving,
    /// In seconds.
    heartbeat: u32,
    /// Whether a member that nobody speaks for goes on its way.
    goes_on: bool,
}

/// A member that is held.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) number: u64,
    pub(super) moving: Moving,
    /// Until when, if nobody speaks for it.
    pub(super) until: Span,
    /// When it would serve without the hook.
    pub(super) boots: Span,
}

const TRANSITIONS: [(&str, Moving); 2] = [
    ("autoscaling:EC2_INSTANCE_LAUNCHING", Moving::In),
    ("autoscaling:EC2_INSTANCE_TERMINATING", Moving::Out),
];

impl Group {
    /// Until when a member that goes this way is held; nothing without a hook.
    pub(super) fn hold(&self, number: u64, moving: Moving, now: Span) -> Option<Span> {
        let held = self.waiting.iter().any(|it| it.number == number && it.moving == moving);
        let hooks = self.hooks.values().filter(|hook| hook.moving == moving && !held);
        hooks.map(|hook| now + Span::from_secs(u64::from(hook.heartbeat))).max()
    }

    /// Ends the waits that have lasted long enough, as their hooks have it.
    pub(super) fn end_waits(&mut self, now: Span) {
        let over: Vec<Waiting> = self.waiting.extract_if(.., |it| it.until <= now).collect();
        for waiting in over {
            let own = self.hooks.values().filter(|hook| hook.moving == waiting.moving);
            // A hook that was deleted meanwhile holds nobody back.
            let goes_on = own.map(|hook| hook.goes_on).min().unwrap_or(true);
            self.end_wait(&waiting, goes_on, now);
        }
    }

    fn end_wait(&mut self, waiting: &Waiting, goes_on: bool, now: Span) {
        match waiting.moving {
            Moving::In if goes_on => {
                let serves = waiting.boots.max(now.min(waiting.until));
                self.live().world.have_serve_at(waiting.number, serves);
            }
            Moving::In => self.live().world.end(&[waiting.number]),
            // On its way out a member goes, whatever is said.
            Moving::Out => {
                for leaving in &mut self.leaving {
                    if leaving.member.number == waiting.number {
                        let length = leaving.held.map(|held| leaving.until.minus(held));
                        leaving.until = now + length.unwrap_or_default();
                        leaving.held = Some(now);
                    }
                }
            }
        }
        self.note(now, "a lifecycle action ended");
    }
}

pub(super) fn put(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let name = ask.must("LifecycleHookName")?.to_owned();
    let group = account.group_to_change(ask)?;
    let before = group.hooks.get(&name);
    let moving = match ask.text("LifecycleTransition") {
        Some(written) => {
            let found = TRANSITIONS.iter().find(|(known, _)| *known == written);
            let unknown = || Fault::validation(format!("there is no transition {written}"));
            found.map(|(_, moving)| *moving).ok_or_else(unknown)?
        }
        None => {
            before.map(|hook| hook.moving).ok_or_else(|| Fault::missing("LifecycleTransition"))?
        }
    };
    let heartbeat = ask.count("HeartbeatTimeout")?.unwrap_or(3600);
    if !(30..=7200).contains(&heartbeat) {
        let message = format!("HeartbeatTimeout is {heartbeat}, and takes 30 to 7200");
        return Err(Fault::validation(message));
    }
    let goes_on = match ask.text("DefaultResult") {
        None | Some("ABANDON") => false,
        Some("CONTINUE") => true,
        Some(other) => {
            let message = format!("DefaultResult is {other}, not CONTINUE or ABANDON");
            return Err(Fault::validation(message));
        }
    };
    group.hooks.insert(name, Hook { moving, heartbeat, goes_on });
    Ok(Data::map())
}

pub(super) fn describe(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let wanted = ask.list("LifecycleHookNames.member");
    let group = account.group(ask)?;
    let hooks = group.hooks.iter();
    let hooks = hooks.filter(|(name, _)| wanted.is_empty() || wanted.contains(&name.as_str()));
    let told = hooks.map(|(name, hook)| {
        let transition = TRANSITIONS.iter().find(|(_, moving)| *moving == hook.moving);
        Data::map()
            .with("LifecycleHookName", name.clone())
            .with("AutoScalingGroupName", group.name.clone())
            .maybe("LifecycleTransition", transition.map(|(name, _)| *name))
            .with("HeartbeatTimeout", hook.heartbeat)
            .with("GlobalTimeout", hook.heartbeat.saturating_mul(100).min(172_800))
            .with("DefaultResult", if hook.goes_on { "CONTINUE" } else { "ABANDON" })
    });
    Ok(Data::map().members("LifecycleHooks", told))
}

pub(super) fn delete(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let name = ask.must("LifecycleHookName")?.to_owned();
    let now = account.now;
    let group = account.group_to_change(ask)?;
    let Some(hook) = group.hooks.remove(&name) else {
        return Err(Fault::validation(format!("there is no hook {name}")));
    };
    if group.hooks.values().all(|other| other.moving != hook.moving) {
        let held: Vec<Waiting> =
            group.waiting.extract_if(.., |it| it.moving == hook.moving).collect();
        held.iter().for_each(|waiting| group.end_wait(waiting, true, now));
    }
    Ok(Data::map())
}

/// The wait that a call names, out of its group.
fn named<'a>(account: &'a mut Account, ask: &Ask) -> Result<(&'a mut Group, Waiting), Fault> {
    let id = ask.must("InstanceId")?;
    let name = ask.must("LifecycleHookName")?;
    let group = account.group_to_change(ask)?;
    let none =
        || Fault::validation(format!("No active Lifecycle Action found with instance ID {id}"));
    let moving = group.hooks.get(name).map(|hook| hook.moving).ok_or_else(none)?;
    let at = group.waiting.iter().position(|it| group.id(it.number) == id && it.moving == moving);
    let waiting = group.waiting.remove(at.ok_or_else(none)?);
    Ok((group, waiting))
}

pub(super) fn complete(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let goes_on = match ask.must("LifecycleActionResult")? {
        "CONTINUE" => true,
        "ABANDON" => false,
        other => {
            let message = format!("LifecycleActionResult is {other}, not CONTINUE or ABANDON");
            return Err(Fault::validation(message));
        }
    };
    let now = account.now;
    let (group, waiting) = named(account, ask)?;
    group.end_wait(&waiting, goes_on, now);
    Ok(Data::map())
}

pub(super) fn heartbeat(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let now = account.now;
    let hook = ask.must("LifecycleHookName")?.to_owned();
    let (group, waiting) = named(account, ask)?;
    let length = group.hooks.get(&hook).map_or(0, |hook| hook.heartbeat);
    let until = now + Span::from_secs(u64::from(length));
    match waiting.moving {
        Moving::In => {
            let serves = waiting.boots.max(until);
            group.live().world.have_serve_at(waiting.number, serves);
        }
        Moving::Out => {
            for leaving in &mut group.leaving {
                if leaving.member.number == waiting.number {
                    let length = leaving.held.map(|held| leaving.until.minus(held));
                    leaving.until = until + length.unwrap_or_default();
                    leaving.held = Some(until);
                }
            }
        }
    }
    group.waiting.push(Waiting { until, ..waiting });
    group.note(now, "a lifecycle action goes on");
    Ok(Data::map())
}
