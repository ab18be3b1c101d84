//! Traffic: what policies read of where users are sent, and where they would have them go.

use super::{
    Outcome,
    context::{Target, with},
    handle::record,
    missing,
    reading::Reading,
};
use rhai::{Dynamic, Engine, ImmutableString, Map, NativeCallContext};
use setpoint_core::{Ask, Destination, Dimension, Seen, Shares, Traffic};

/// All users, in percent.
const EVERYBODY: f64 = 100.0;

/// How far a share may be off a whole percent: float noise.
const NOISE: f64 = 1e-6;

/// A traffic, by its place among the targets of the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TrafficHandle(pub(crate) usize);

/// Teaches `engine` what traffic is.
pub(super) fn register(engine: &mut Engine) {
    type Call<'a> = NativeCallContext<'a>;
    engine
        .register_type_with_name::<TrafficHandle>("Traffic")
        .register_get("busy", |handle: &mut TrafficHandle| {
            traffic(*handle, |target, traffic| Ok(traffic.busy.is_some() || target.in_flight))
        })
        .register_fn("share", |handle: TrafficHandle, name: ImmutableString| {
            destination(handle, &name, |target, it| {
                let label = Some(format!("{}.share({name})", target.name).into());
                let share = f64::from(it.share) / EVERYBODY;
                Ok(Reading { label, ..Reading::fixed(share, Dimension::Ratio)? })
            })
        })
        .register_fn("healthy", |handle: TrafficHandle, name: ImmutableString| {
            destination(handle, &name, |target, it| {
                let label = format!("{}.healthy({name})", target.name);
                let untold = || missing(format!("{label}: the provider does not tell it"));
                it.healthy.ok_or_else(untold)
            })
        })
        .register_fn("route", |c: Call<'_>, t: TrafficHandle, shares: Map| {
            let shares = route(t, &shares)?;
            record(&c, t.0, Ask::Route(shares))
        })
        .register_fn("shift_to", |c: Call<'_>, t: TrafficHandle, name: ImmutableString| {
            destination(t, &name, |_, _| Ok(()))?;
            record(&c, t.0, Ask::Route([(name.to_string(), 100)].into()))
        });
}

fn traffic<T>(
    handle: TrafficHandle,
    read: impl FnOnce(&Target, &Traffic) -> Outcome<T>,
) -> Outcome<T> {
    with(|context| match context.targets.get(handle.0) {
        Some(target @ Target { seen: Seen::Traffic(traffic), .. }) => read(target, traffic),
        Some(target) => Err(target.unseen()),
        None => Err("no such target".into()),
    })?
}

fn destination<T>(
    handle: TrafficHandle,
    name: &str,
    read: impl FnOnce(&Target, Destination) -> Outcome<T>,
) -> Outcome<T> {
    traffic(handle, |target, traffic| match traffic.destinations.get(name) {
        Some(destination) => read(target, *destination),
        None => Err(format!("{} has no destination '{name}'", target.name).into()),
    })
}

/// Shares of users in whole percent that add up to all of them.
fn route(handle: TrafficHandle, written: &Map) -> Outcome<Shares> {
    let mut shares = Shares::new();
    for (name, share) in written {
        destination(handle, name, |_, _| Ok(()))?;
        shares.insert(name.to_string(), percent(name, share)?);
    }
    let sum: u32 = shares.values().sum();
    if sum == 100 {
        return Ok(shares);
    }
    Err(format!("the shares of 'route' add up to {sum} %, not to 100 %").into())
}

fn percent(name: &str, given: &Dynamic) -> Outcome<u32> {
    let share = match given.read_lock::<Reading>().map(|reading| reading.clone()) {
        Some(reading) if reading.dimension == Dimension::Ratio => Some(reading.need()?.value),
        Some(_) => None,
        None => given.as_float().ok().or_else(|| given.as_int().ok().map(|share| share as f64)),
    };
    let share =
        share.ok_or_else(|| format!("'{name}' needs a share; write a value such as 20.percent"))?;
    let percent = (share * EVERYBODY).round();
    if !(0.0..=EVERYBODY).contains(&percent) || (share * EVERYBODY - percent).abs() > NOISE {
        let given = share * EVERYBODY;
        return Err(
            format!("'{name}' needs a share of 0 to 100 whole percent, not {given} %").into()
        );
    }
    Ok(percent as u32)
}
