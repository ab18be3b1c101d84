//! What the engine's functions take, for the checker to ask.

use super::{
    AlertHandle, DatabaseHandle, ENGINE, Each, FlagHandle, GroupHandle, Inputs, JobHandle, Now,
    Params, RolloutHandle, SettingHandle, State, TrafficHandle, VolumeHandle, handle::Recorded,
    reading::Reading,
};
use rhai::{Dynamic, FuncMetadata};
use std::any::TypeId;

/// What one argument of a native function may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepts {
    /// Any value.
    Anything,
    /// A number with a unit.
    Reading,
    /// A group.
    Group,
    /// A database.
    Database,
    /// A setting.
    Setting,
    /// A flag.
    Flag,
    /// A rollout.
    Rollout,
    /// A job.
    Job,
    /// A volume.
    Volume,
    /// A traffic.
    Traffic,
    /// An opinion just recorded.
    Opinion,
    /// The values of each member or zone.
    Each,
    /// An alert.
    Alert,
    /// `m`, `p`, `state` or `now`.
    Global,
    /// A value of Rhai's own.
    OfRhai,
}

/// Every native function by its name, with what it takes; properties are `get$name`.
pub(crate) fn overloads() -> Vec<(String, Vec<Accepts>)> {
    let one =
        |info: rhai::FuncInfo<'_>| Some((info.metadata.name.to_string(), takes(info.metadata)));
    ENGINE.collect_fn_metadata(None, one, true)
}

fn takes(function: &FuncMetadata) -> Vec<Accepts> {
    let known = function.param_types.iter().map(|is| accepts(*is));
    let unknown = std::iter::repeat(Accepts::Anything);
    known.chain(unknown).take(function.num_params).collect()
}

fn accepts(is: TypeId) -> Accepts {
    let known = [
        (TypeId::of::<Dynamic>(), Accepts::Anything),
        (TypeId::of::<Reading>(), Accepts::Reading),
        (TypeId::of::<GroupHandle>(), Accepts::Group),
        (TypeId::of::<DatabaseHandle>(), Accepts::Database),
        (TypeId::of::<SettingHandle>(), Accepts::Setting),
        (TypeId::of::<FlagHandle>(), Accepts::Flag),
        (TypeId::of::<RolloutHandle>(), Accepts::Rollout),
        (TypeId::of::<JobHandle>(), Accepts::Job),
        (TypeId::of::<VolumeHandle>(), Accepts::Volume),
        (TypeId::of::<TrafficHandle>(), Accepts::Traffic),
        (TypeId::of::<Recorded>(), Accepts::Opinion),
        (TypeId::of::<Each>(), Accepts::Each),
        (TypeId::of::<AlertHandle>(), Accepts::Alert),
        (TypeId::of::<Inputs>(), Accepts::Global),
        (TypeId::of::<Params>(), Accepts::Global),
        (TypeId::of::<State>(), Accepts::Global),
        (TypeId::of::<Now>(), Accepts::Global),
    ];
    let known = known.into_iter().find(|(own, _)| *own == is);
    known.map_or(Accepts::OfRhai, |(_, accepts)| accepts)
}
