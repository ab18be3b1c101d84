//! The functions that the engine knows, asked of the engine itself.

use super::types::Type;
use crate::{
    engine::{Accepts, overloads},
    header::Kind,
};
use std::{collections::BTreeMap, sync::LazyLock};

/// Every function of the engine with what each of its overloads takes.
static NATIVES: LazyLock<BTreeMap<String, Vec<Vec<Accepts>>>> = LazyLock::new(|| {
    let mut natives: BTreeMap<String, Vec<Vec<Accepts>>> = BTreeMap::new();
    for (name, takes) in overloads() {
        natives.entry(name).or_default().push(takes);
    }
    natives
});

/// Functions that are part of Rhai's syntax.
pub(super) const BUILT_IN: [&str; 7] =
    ["Fn", "call", "curry", "is_def_fn", "is_def_var", "is_shared", "type_of"];

/// Whether there is a function `name` that takes that many arguments.
pub(super) fn takes(name: &str, arguments: usize) -> bool {
    overloads_of(name).any(|takes| takes.len() == arguments)
}

/// Whether there is a function `name` at all.
pub(super) fn exists(name: &str) -> bool {
    NATIVES.contains_key(name)
}

/// Whether a value that is `is` has the property `name` of Rhai's own.
pub(super) fn has_property(name: &str, is: &Type) -> bool {
    accepts(&format!("get${name}"), std::slice::from_ref(is))
}

/// Whether some overload of `name` may take these arguments. In doubt it may.
pub(super) fn accepts(name: &str, arguments: &[Type]) -> bool {
    let fits = |(takes, is): (&Accepts, &Type)| match takes {
        Accepts::Anything => true,
        Accepts::Reading => matches!(is, Type::Quantity(_) | Type::Unknown),
        Accepts::Group => matches!(is, Type::Target(Kind::Group, _) | Type::Unknown),
        Accepts::Database => matches!(is, Type::Target(Kind::Database, _) | Type::Unknown),
        Accepts::Job => matches!(is, Type::Target(Kind::Job, _) | Type::Unknown),
        Accepts::Volume => matches!(is, Type::Target(Kind::Volume, _) | Type::Unknown),
        Accepts::Traffic => matches!(is, Type::Target(Kind::Traffic, _) | Type::Unknown),
        Accepts::Flag => matches!(is, Type::Target(Kind::Flag, _) | Type::Unknown),
        Accepts::Rollout => matches!(is, Type::Target(Kind::Rollout, _) | Type::Unknown),
        Accepts::Setting => matches!(is, Type::Target(Kind::Setting, _) | Type::Unknown),
        Accepts::Opinion => matches!(is, Type::Opinion | Type::Unknown),
        Accepts::Each => matches!(is, Type::Each(..) | Type::Unknown),
        Accepts::Alert => matches!(is, Type::Alert | Type::Unknown),
        Accepts::Global => {
            matches!(is, Type::Inputs | Type::Params | Type::State | Type::Now | Type::Unknown)
        }
        Accepts::OfRhai => !is.is_ours(),
    };
    overloads_of(name)
        .any(|takes| takes.len() == arguments.len() && takes.iter().zip(arguments).all(fits))
}

/// The names of functions that can be written down: no operators, no properties.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let plain = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    NATIVES.keys().map(String::as_str).filter(plain)
}

fn overloads_of(name: &str) -> impl Iterator<Item = &'static Vec<Accepts>> {
    NATIVES.get(name).into_iter().flatten()
}
