//! Rollouts: what policies read of them, and what they ask of them.

use super::{
    Outcome,
    context::{Target, with},
    flag::percent,
    handle::record,
    missing,
    reading::Reading,
};
use rhai::{Dynamic, Engine, NativeCallContext};
use setpoint_core::{Ask, Dimension, Rollout, Seen, Stages};

/// A rollout, by its place among the targets of the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RolloutHandle(pub(crate) usize);

/// What a policy may know of a rollout beyond what is seen of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) stages: Stages,
    /// Whether the candidate was rolled back before.
    pub(crate) condemned: bool,
}

/// Teaches `engine` what rollouts are.
pub(super) fn register(engine: &mut Engine) {
    type Call<'a> = NativeCallContext<'a>;
    engine
        .register_type_with_name::<RolloutHandle>("Rollout")
        .register_get("share", |handle: &mut RolloutHandle| {
            rollout(*handle, |target, rollout| {
                let label = Some(format!("{}.share", target.name).into());
                let share = f64::from(rollout.share) / 100.0;
                Ok(Reading { label, ..Reading::fixed(share, Dimension::Ratio)? })
            })
        })
        .register_get("stage", |handle: &mut RolloutHandle| {
            rollout(*handle, |target, rollout| {
                Ok(count(target.progress.stages.reached(rollout.share)))
            })
        })
        .register_get("stages", |handle: &mut RolloutHandle| {
            rollout(*handle, |target, _| Ok(count(target.progress.stages.shares().len())))
        })
        .register_get("revision", |handle: &mut RolloutHandle| {
            rollout(*handle, |target, rollout| {
                let unknown = || format!("{}.revision: the provider does not tell it", target.name);
                rollout.revision.clone().ok_or_else(|| missing(unknown()))
            })
        })
        .register_get("busy", |handle: &mut RolloutHandle| {
            rollout(*handle, |target, rollout| Ok(rollout.busy.is_some() || target.in_flight))
        })
        .register_get("condemned", |handle: &mut RolloutHandle| {
            rollout(*handle, |target, _| Ok(target.progress.condemned))
        })
        .register_fn("advance", |c: Call<'_>, r: RolloutHandle| record(&c, r.0, Ask::Advance))
        .register_fn("advance_to", |c: Call<'_>, r: RolloutHandle, share: Dynamic| {
            let percent = percent("advance_to", &share)?;
            record(&c, r.0, Ask::SetTo(percent))
        })
        .register_fn("rollback", |c: Call<'_>, r: RolloutHandle| record(&c, r.0, Ask::Rollback))
        .register_fn("freeze", |c: Call<'_>, r: RolloutHandle| record(&c, r.0, Ask::Freeze));
}

fn rollout<T>(
    handle: RolloutHandle,
    read: impl FnOnce(&Target, &Rollout) -> Outcome<T>,
) -> Outcome<T> {
    with(|context| match context.targets.get(handle.0) {
        Some(target @ Target { seen: Seen::Rollout(rollout), .. }) => read(target, rollout),
        Some(target) => Err(target.unseen()),
        None => Err("no such target".into()),
    })?
}

fn count(stages: usize) -> i64 {
    i64::try_from(stages).unwrap_or(i64::MAX)
}
