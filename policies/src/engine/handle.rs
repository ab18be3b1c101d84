//! Groups and databases: what policies read of them, and what they ask of them.
//!
//! A handle sees a snapshot and records opinions. There is nothing behind it that
//! could act.

use super::{
    Outcome,
    context::{Context, Target, with},
    missing,
    reading::{Origin, Reading},
};
use rhai::{Dynamic, Engine, ImmutableString, NativeCallContext};
use setpoint_core::{
    Ask, Database, Dimension, Group, Members, Opinion, Quantity, ReplicaState, Sample, Seen, Span,
};
use std::sync::Arc;

/// A target, by its place among those of the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupHandle(pub(crate) usize);

/// See [`GroupHandle`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct DatabaseHandle(pub(crate) usize);

/// An opinion just recorded, by its place: for `because`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recorded(usize);

/// Teaches `engine` what groups and databases are.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<GroupHandle>("Group")
        .register_type_with_name::<DatabaseHandle>("Database")
        .register_type_with_name::<Recorded>("Opinion")
        .register_fn("because", |recorded: Recorded, why: ImmutableString| {
            with(|context| {
                if let Some(opinion) = context.opinions.get_mut(recorded.0) {
                    opinion.because = Some(shortened(&why));
                }
                recorded
            })
        });
    group_properties(engine);
    group_opinions(engine);
    database_properties(engine);
    database_opinions(engine);
}

/// The longest reason that is kept, in letters: it stands in every record of its decision.
const LONGEST_REASON: usize = 300;

/// A reason, short enough to be kept.
fn shortened(why: &str) -> String {
    match why.char_indices().nth(LONGEST_REASON) {
        None => why.to_owned(),
        Some((end, _)) => format!("{}…", &why[..end]),
    }
}

fn group_properties(engine: &mut Engine) {
    type Count = fn(&Group) -> u32;
    let counts: [(&'static str, Count); 3] = [
        ("desired", |group| group.desired),
        ("ready", |group| group.ready),
        ("unhealthy", |group| group.unhealthy),
    ];
    for (word, count) in counts {
        engine.register_get(word, move |handle: &mut GroupHandle| {
            group(handle.0, |target, group| Ok(target.count(word, count(group))))
        });
    }
    engine
        .register_get("min", |handle: &mut GroupHandle| {
            group(handle.0, |target, group| Ok(target.count("min", limits(target, group).0)))
        })
        .register_get("max", |handle: &mut GroupHandle| {
            group(handle.0, |target, group| Ok(target.count("max", limits(target, group).1)))
        })
        .register_get("shortfall", |handle: &mut GroupHandle| {
            group(handle.0, |_, group| Ok(group.shortfall.is_some()))
        })
        .register_get("busy", |handle: &mut GroupHandle| {
            group(handle.0, |target, group| {
                Ok(group.busy.is_some() || target.in_flight || group.ready < group.desired)
            })
        })
        .register_get("at_limit", |handle: &mut GroupHandle| {
            group(handle.0, |target, group| Ok(group.desired >= limits(target, group).1))
        });
}

/// The fewest and the most members allowed, by us and by the group itself.
fn limits(target: &Target, group: &Group) -> (u32, u32) {
    let allowed = group.own_range.and_then(|own| own.narrow(target.range)).unwrap_or(target.range);
    (allowed.min(), allowed.max())
}

fn group_opinions(engine: &mut Engine) {
    type Call<'a> = NativeCallContext<'a>;
    engine
        .register_fn("track", |c: Call<'_>, g: GroupHandle, value: Reading, goal: Dynamic| {
            let ask = track(g.0, &value, &quantity(&goal)?)?;
            record(&c, g.0, ask)
        })
        .register_fn("serve", |c: Call<'_>, g: GroupHandle, total: Dynamic, each: Dynamic| {
            let total = load(&quantity(&total)?)?;
            let each = goal(&total, &quantity(&each)?)?;
            record(&c, g.0, Ask::Serve { total, each })
        })
        .register_fn("scale_to", |c: Call<'_>, g: GroupHandle, n: Dynamic| {
            let size = size(&n)?;
            record(&c, g.0, Ask::ScaleTo(size))
        })
        .register_fn("scale_by", |c: Call<'_>, g: GroupHandle, n: Dynamic| {
            let ask = change(&n)?;
            record(&c, g.0, ask)
        })
        .register_fn("at_least", |c: Call<'_>, g: GroupHandle, n: Dynamic| {
            let size = size(&n)?;
            record(&c, g.0, Ask::AtLeast(size))
        })
        .register_fn("at_most", |c: Call<'_>, g: GroupHandle, n: Dynamic| {
            let size = size(&n)?;
            record(&c, g.0, Ask::AtMost(size))
        })
        .register_fn("replace", |c: Call<'_>, g: GroupHandle, member: ImmutableString| {
            record(&c, g.0, Ask::Replace(member.to_string()))
        })
        .register_fn("replace_unhealthy", |c: Call<'_>, g: GroupHandle| {
            record(&c, g.0, Ask::ReplaceUnhealthy)
        });
}

fn database_properties(engine: &mut Engine) {
    engine
        .register_get("replicas", |handle: &mut DatabaseHandle| {
            database(handle.0, |target, db| Ok(target.count("replicas", db.present())))
        })
        .register_get("max_connections", |handle: &mut DatabaseHandle| {
            database(handle.0, |target, db| {
                let label = format!("{}.max_connections", target.name);
                let why = || format!("{label}: not known for this instance class").into();
                let absent = || Reading::absent(why(), Dimension::Count, None);
                Ok(db.max_connections.map_or_else(absent, |n| Reading::count(n, label.clone())))
            })
        })
        .register_get("lag", |handle: &mut DatabaseHandle| database(handle.0, lag))
        .register_get("busy", |handle: &mut DatabaseHandle| {
            database(handle.0, |target, db| {
                let settled = |state| state == ReplicaState::Available;
                let unsettled = db.replicas.iter().any(|replica| !settled(replica.state));
                Ok(db.busy.is_some() || target.in_flight || unsettled)
            })
        })
        .register_get("at_limit", |handle: &mut DatabaseHandle| {
            database(handle.0, |target, db| Ok(db.present() >= target.range.max()))
        });
}

fn database_opinions(engine: &mut Engine) {
    type Call<'a> = NativeCallContext<'a>;
    engine
        .register_fn("add_replica", |c: Call<'_>, d: DatabaseHandle| {
            record(&c, d.0, Ask::AddReplica)
        })
        .register_fn("remove_replica", |c: Call<'_>, d: DatabaseHandle| {
            record(&c, d.0, Ask::RemoveReplica)
        })
        .register_fn("at_least", |c: Call<'_>, d: DatabaseHandle, n: Dynamic| {
            let size = size(&n)?;
            record(&c, d.0, Ask::AtLeast(size))
        });
}

/// How far the slowest serving replica is behind; missing if that of any is not known.
fn lag(target: &Target, database: &Database) -> Outcome<Reading> {
    let label: Arc<str> = format!("{}.lag", target.name).into();
    let serving = database.replicas.iter().filter(|r| r.state == ReplicaState::Available);
    let known: Option<Vec<Span>> = serving.map(|replica| replica.lag).collect();
    let worst = known.map(|lags| lags.into_iter().max().unwrap_or(Span::ZERO));
    match worst {
        Some(lag) => {
            let label = Some(label);
            Ok(Reading { label, ..Reading::fixed(lag.secs(), Dimension::Time)? })
        }
        None => {
            let why = format!("{label}: the provider does not tell it").into();
            Ok(Reading::absent(why, Dimension::Time, Some(label)))
        }
    }
}

impl Target {
    pub(super) fn count(&self, word: &str, count: u32) -> Reading {
        Reading::count(count, format!("{}.{word}", self.name))
    }
}

fn group<T>(index: usize, read: impl FnOnce(&Target, &Group) -> Outcome<T>) -> Outcome<T> {
    with(|context| match context.targets.get(index) {
        Some(target @ Target { seen: Seen::Group(group), .. }) => read(target, group),
        Some(target) => Err(target.unseen()),
        None => Err("no such target".into()),
    })?
}

fn database<T>(index: usize, read: impl FnOnce(&Target, &Database) -> Outcome<T>) -> Outcome<T> {
    with(|context| match context.targets.get(index) {
        Some(target @ Target { seen: Seen::Database(database), .. }) => read(target, database),
        Some(target) => Err(target.unseen()),
        None => Err("no such target".into()),
    })?
}

/// Writes an opinion down.
pub(super) fn record(call: &NativeCallContext<'_>, target: usize, ask: Ask) -> Outcome<Recorded> {
    let line = u32::try_from(call.call_position().line().unwrap_or(0)).unwrap_or(u32::MAX);
    with(|context| {
        let Context { policy, opinions, substituted, .. } = context;
        let target = policy.targets[target].1.clone();
        let substituted = *substituted;
        opinions.push(Opinion { target, ask, line, because: None, substituted });
        Recorded(opinions.len() - 1)
    })
}

/// `track`: the value as a load, by the members that were ready when it was taken.
fn track(index: usize, value: &Reading, goal_at: &Reading) -> Outcome<Ask> {
    let now = load(value)?;
    let goal = goal(&now, goal_at)?;
    with(|context| {
        let target = context.targets.get(index).ok_or("no such target")?;
        let taken = value.taken.ok_or("track needs a reading, not a constant")?;
        let then = target.ready.at(taken).filter(|members| members.ready > 0);
        let Some(Members { ready, desired, .. }) = then else {
            let name = &target.name;
            return Err(missing(format!("{name} had no ready member to share the load")));
        };
        let load = match value.origin {
            Some(origin) => windowed_load(context, target, origin)?,
            None => now.value * f64::from(ready),
        };
        Ok(Ask::Track { value: now, goal, load, unready: desired.saturating_sub(ready) })
    })?
}

/// Each sample times the members that were ready when it was taken, put through the
/// same question as the value itself.
fn windowed_load(context: &Context, target: &Target, origin: Origin) -> Outcome<f64> {
    let input = &context.inputs[origin.input];
    let (Some(window), Some(settings)) = (&input.window, &input.settings) else {
        return Err(missing(format!("{}: no sample yet", input.name)));
    };
    let ready = |sample: &Sample| target.ready.at(sample.at).map_or(0, |members| members.ready);
    let load = |sample: Sample| sample.value() * f64::from(ready(&sample));
    let answer = match origin.window {
        None => window.latest(context.wall, settings.max_age).map(load),
        Some((stat, span)) => window.ask(stat, span, context.wall, settings.max_age, load),
    };
    answer.map_err(|no_answer| missing(input.why(&no_answer).to_string()))
}

/// A value to size by. A load below nothing is a sentinel for "no metric" or a fault of the
/// query, and would size the fleet to its minimum.
fn load(value: &Reading) -> Outcome<Quantity> {
    let load = value.need()?;
    if load.value < 0.0 {
        return Err(format!("a load cannot be below 0: {}", value.describe()).into());
    }
    Ok(load)
}

/// A goal for `value`: of the same dimension and above zero.
fn goal(value: &Quantity, goal: &Reading) -> Outcome<Quantity> {
    let at = goal.need()?;
    if at.dimension != value.dimension {
        let (noun, example) = (value.dimension.noun(), value.dimension.example());
        return Err(format!("the goal of {noun} cannot be {at}; write it as {example}").into());
    }
    if at.value > 0.0 { Ok(at) } else { Err(format!("the goal must be above 0, not {at}").into()) }
}

/// A number of members, whole and not negative.
pub(super) fn size(given: &Dynamic) -> Outcome<u32> {
    let number = count(given)?;
    let whole = (number - 1e-9).ceil();
    if (0.0..=f64::from(u32::MAX)).contains(&whole.abs()) && number > -1e-9 {
        return Ok(whole.abs() as u32);
    }
    Err(format!("a size cannot be {number}").into())
}

/// A change by a number of members or by a share.
fn change(given: &Dynamic) -> Outcome<Ask> {
    if let Some(reading) = given.read_lock::<Reading>()
        && reading.dimension == Dimension::Ratio
    {
        return Ok(Ask::ScaleByShare(reading.need()?.value));
    }
    let number = count(given)?;
    let whole = if number > 0.0 { (number - 1e-9).ceil() } else { number.trunc() };
    if whole.abs() > f64::from(i32::MAX) {
        return Err(format!("a change of {number} members is out of bounds").into());
    }
    Ok(Ask::ScaleBy(whole as i32))
}

/// A quantity; a plain number is a count.
fn quantity(given: &Dynamic) -> Outcome<Reading> {
    if let Some(reading) = given.read_lock::<Reading>() {
        return Ok(reading.clone());
    }
    Reading::fixed(count(given)?, Dimension::Count)
}

/// A plain number: Rhai's own, or a count.
fn count(given: &Dynamic) -> Outcome<f64> {
    if let Ok(whole) = given.as_int() {
        return Ok(whole as f64);
    }
    if let Ok(number) = given.as_float() {
        let finite = number.is_finite().then_some(number);
        return finite.ok_or_else(|| format!("{number} is no number").into());
    }
    match given.read_lock::<Reading>() {
        Some(reading) if reading.dimension == Dimension::Count => Ok(reading.need()?.value),
        Some(reading) => Err(format!("{} is no number of members", reading.describe()).into()),
        None => Err(format!("a {} is no number", given.type_name()).into()),
    }
}
