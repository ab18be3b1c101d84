//! Settings: what policies read of them, and what they ask of them.

use super::{
    Outcome,
    context::{Target, with},
    handle::{record, size},
};
use rhai::{Dynamic, Engine, NativeCallContext};
use setpoint_core::{Ask, Seen, Setting};

/// A setting, by its place among the targets of the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SettingHandle(pub(crate) usize);

/// Teaches `engine` what settings are.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<SettingHandle>("Setting")
        .register_get("value", |handle: &mut SettingHandle| {
            setting(*handle, |target, setting| Ok(target.count("value", setting.value)))
        })
        .register_get("min", |handle: &mut SettingHandle| {
            setting(*handle, |target, _| Ok(target.count("min", target.range.min())))
        })
        .register_get("max", |handle: &mut SettingHandle| {
            setting(*handle, |target, _| Ok(target.count("max", target.range.max())))
        })
        .register_get("busy", |handle: &mut SettingHandle| {
            setting(*handle, |target, setting| Ok(setting.busy.is_some() || target.in_flight))
        })
        .register_get("at_limit", |handle: &mut SettingHandle| {
            setting(*handle, |target, setting| {
                let (min, max) = (target.range.min(), target.range.max());
                Ok(setting.value <= min || setting.value >= max)
            })
        })
        .register_fn("set_to", |c: NativeCallContext<'_>, s: SettingHandle, n: Dynamic| {
            let value = size(&n)?;
            record(&c, s.0, Ask::SetTo(value))
        });
}

fn setting<T>(
    handle: SettingHandle,
    read: impl FnOnce(&Target, &Setting) -> Outcome<T>,
) -> Outcome<T> {
    with(|context| match context.targets.get(handle.0) {
        Some(target @ Target { seen: Seen::Setting(setting), .. }) => read(target, setting),
        Some(target) => Err(target.unseen()),
        None => Err("no such target".into()),
    })?
}
