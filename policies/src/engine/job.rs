//! Jobs: what policies read of them, and what they ask of them.

use super::{
    Outcome,
    context::{Target, with},
    handle::record,
};
use rhai::{Engine, ImmutableString, NativeCallContext};
use setpoint_core::{Ask, Job, LastRun, Seen};

/// A job, by its place among the targets of the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JobHandle(pub(crate) usize);

/// Teaches `engine` what jobs are.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<JobHandle>("Job")
        .register_get("last", |handle: &mut JobHandle| {
            job(*handle, |_, job| Ok(ImmutableString::from(job.last.name())))
        })
        .register_get("stuck", |handle: &mut JobHandle| job(*handle, |it, _| Ok(it.stuck)))
        .register_get("busy", |handle: &mut JobHandle| {
            job(*handle, |target, job| {
                let runs = job.last == LastRun::Running;
                Ok(runs || job.busy.is_some() || target.in_flight)
            })
        })
        .register_fn("start", |c: NativeCallContext<'_>, j: JobHandle| record(&c, j.0, Ask::Start))
        .register_fn("restart", |c: NativeCallContext<'_>, j: JobHandle| {
            record(&c, j.0, Ask::Restart)
        });
}

fn job<T>(handle: JobHandle, read: impl FnOnce(&Target, &Job) -> Outcome<T>) -> Outcome<T> {
    with(|context| match context.targets.get(handle.0) {
        Some(target @ Target { seen: Seen::Job(job), .. }) => read(target, job),
        Some(target) => Err(target.unseen()),
        None => Err("no such target".into()),
    })?
}
