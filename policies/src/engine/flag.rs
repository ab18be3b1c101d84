//! Flags: what policies read of them, and what they ask of them.

use super::{
    Outcome,
    context::{Target, with},
    handle::record,
    reading::Reading,
};
use rhai::{Dynamic, Engine, NativeCallContext};
use setpoint_core::{Ask, Dimension, Flag, Seen};

/// All users, in percent.
const EVERYBODY: u32 = 100;

/// A flag, by its place among the targets of the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FlagHandle(pub(crate) usize);

/// Teaches `engine` what flags are.
pub(super) fn register(engine: &mut Engine) {
    type Call<'a> = NativeCallContext<'a>;
    engine
        .register_type_with_name::<FlagHandle>("Flag")
        .register_get("share", |handle: &mut FlagHandle| {
            flag(*handle, |target, flag| {
                let label = Some(format!("{}.share", target.name).into());
                let share = f64::from(flag.share) / f64::from(EVERYBODY);
                Ok(Reading { label, ..Reading::fixed(share, Dimension::Ratio)? })
            })
        })
        .register_get("is_on", |handle: &mut FlagHandle| {
            flag(*handle, |_, flag| Ok(flag.share > 0))
        })
        .register_get("busy", |handle: &mut FlagHandle| {
            flag(*handle, |target, flag| Ok(flag.busy.is_some() || target.in_flight))
        })
        .register_fn("turn_on", |c: Call<'_>, f: FlagHandle| record(&c, f.0, Ask::SetTo(EVERYBODY)))
        .register_fn("turn_off", |c: Call<'_>, f: FlagHandle| record(&c, f.0, Ask::SetTo(0)))
        .register_fn("ramp", |c: Call<'_>, f: FlagHandle, share: Dynamic| {
            let percent = percent("ramp", &share)?;
            record(&c, f.0, Ask::SetTo(percent))
        })
        .register_fn("restore", |c: Call<'_>, f: FlagHandle| record(&c, f.0, Ask::Restore));
}

fn flag<T>(handle: FlagHandle, read: impl FnOnce(&Target, &Flag) -> Outcome<T>) -> Outcome<T> {
    with(|context| match context.targets.get(handle.0) {
        Some(target @ Target { seen: Seen::Flag(flag), .. }) => read(target, flag),
        Some(target) => Err(target.unseen()),
        None => Err("no such target".into()),
    })?
}

/// The share that `word` is given, in whole percent, to the nearest.
pub(super) fn percent(word: &str, given: &Dynamic) -> Outcome<u32> {
    let none = || format!("'{word}' needs a share; write a value such as 20.percent").into();
    let share = match given.read_lock::<Reading>().map(|reading| reading.clone()) {
        Some(reading) if reading.dimension == Dimension::Ratio => reading.need()?.value,
        Some(_) => return Err(none()),
        None => match (given.as_float(), given.as_int()) {
            (Ok(share), _) => share,
            (_, Ok(share)) => share as f64,
            _ => return Err(none()),
        },
    };
    if (0.0..=1.0).contains(&share) {
        return Ok((share * f64::from(EVERYBODY)).round() as u32);
    }
    Err(format!("'{word}' needs a share from 0 to 100 %, not {} %", share * 100.0).into())
}
