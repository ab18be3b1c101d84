//! Volumes: what policies read of them, and what they ask of them.

use super::{
    Outcome,
    context::{Target, with},
    handle::record,
    reading::Reading,
};
use rhai::{Dynamic, Engine, NativeCallContext};
use setpoint_core::{Ask, Dimension, Seen, Volume};

/// One GiB in bytes.
const GIB: f64 = 1_073_741_824.0;

/// A volume, by its place among the targets of the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VolumeHandle(pub(crate) usize);

/// Teaches `engine` what volumes are.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<VolumeHandle>("Volume")
        .register_get("size", |handle: &mut VolumeHandle| {
            volume(*handle, |target, volume| {
                bytes(target, "size", Some(f64::from(volume.size) * GIB))
            })
        })
        .register_get("used", |handle: &mut VolumeHandle| {
            volume(*handle, |target, volume| {
                bytes(target, "used", volume.used.map(|used| used as f64))
            })
        })
        .register_get("busy", |handle: &mut VolumeHandle| {
            volume(*handle, |target, volume| Ok(volume.busy.is_some() || target.in_flight))
        })
        .register_get("at_limit", |handle: &mut VolumeHandle| {
            volume(*handle, |target, volume| Ok(volume.size >= target.range.max()))
        })
        .register_fn("grow_to", |c: NativeCallContext<'_>, v: VolumeHandle, n: Dynamic| {
            let size = gib(&n)?;
            record(&c, v.0, Ask::GrowTo(size))
        });
}

fn volume<T>(
    handle: VolumeHandle,
    read: impl FnOnce(&Target, &Volume) -> Outcome<T>,
) -> Outcome<T> {
    with(|context| match context.targets.get(handle.0) {
        Some(target @ Target { seen: Seen::Volume(volume), .. }) => read(target, volume),
        Some(target) => Err(target.unseen()),
        None => Err("no such target".into()),
    })?
}

/// A number of bytes that was seen, or that the provider does not tell.
fn bytes(target: &Target, word: &str, value: Option<f64>) -> Outcome<Reading> {
    let label = format!("{}.{word}", target.name);
    match value {
        Some(value) => {
            let label = Some(label.into());
            Ok(Reading { label, ..Reading::fixed(value, Dimension::Bytes)? })
        }
        None => {
            let why = format!("{label}: the provider does not tell it").into();
            Ok(Reading::absent(why, Dimension::Bytes, Some(label.into())))
        }
    }
}

/// A size in GiB, rounded up.
fn gib(given: &Dynamic) -> Outcome<u32> {
    let Some(reading) = given.read_lock::<Reading>().map(|reading| reading.clone()) else {
        return Err("a size needs its unit; write a value such as 200.gib".into());
    };
    if reading.dimension != Dimension::Bytes {
        return Err(
            format!("{} is no size; write a value such as 200.gib", reading.describe()).into()
        );
    }
    let size = (reading.need()?.value / GIB - 1e-9).ceil();
    if (0.0..=f64::from(u32::MAX)).contains(&size.abs()) && size > -1.0 {
        return Ok(size.abs() as u32);
    }
    Err(format!("a size cannot be {size} GiB").into())
}
