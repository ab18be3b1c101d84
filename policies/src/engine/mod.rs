//! The Rhai engine that runs policies: what it may do, what it knows, what it never does.
//!
//! One engine serves the process. It sees no file, no clock, no network and no
//! randomness, and its limits are the same everywhere: the same script on the same
//! snapshot ends the same way on every machine. Start reading at [`engine`].

mod alert;
mod arithmetic;
mod context;
mod flag;
mod globals;
mod handle;
mod inputs;
mod job;
mod notices;
mod overloads;
mod parts;
mod reading;
mod rollout;
mod rule;
mod setting;
#[cfg(test)]
mod tests;
mod traffic;
mod volume;

pub(crate) use alert::AlertHandle;
pub(crate) use arithmetic::{over_dimension, times_dimension};
pub(crate) use context::{Context, Deadline, Given, Outcome, Watchdog, abandon, within};
pub(crate) use flag::FlagHandle;
pub(crate) use globals::{Now, Params, State, time_of_day};
pub(crate) use handle::{DatabaseHandle, GroupHandle};
pub(crate) use inputs::{Inputs, per_second};
pub(crate) use job::JobHandle;
pub(crate) use overloads::{Accepts, overloads};
pub(crate) use parts::Each;
pub(crate) use rollout::RolloutHandle;
pub(crate) use setting::SettingHandle;
pub(crate) use traffic::TrafficHandle;
pub(crate) use volume::VolumeHandle;

use crate::syntax::{MAX_EXPRESSION_DEPTH, MAX_FUNCTION_EXPRESSION_DEPTH, MAX_FUNCTIONS, MAX_TEXT};
use context::with;
use reading::Reading;
use rhai::{
    Dynamic, Engine, EvalAltResult, OptimizationLevel, Position,
    packages::{
        ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage,
        BasicMathPackage, BasicStringPackage, LogicPackage, MoreStringPackage, Package,
    },
};
use setpoint_core::Dimension;
use std::sync::LazyLock;

/// Operations of one evaluation; an ordinary policy takes some 200.
const MAX_OPERATIONS: u64 = 20_000;

/// The host's watchdog is asked every so many operations.
const WATCH_EVERY: u64 = 64;

/// The engine that runs policies.
pub(crate) static ENGINE: LazyLock<Engine> = LazyLock::new(engine);

fn engine() -> Engine {
    let mut engine = Engine::new_raw();
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicMathPackage::new().register_into_engine(&mut engine);
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    BasicStringPackage::new().register_into_engine(&mut engine);
    MoreStringPackage::new().register_into_engine(&mut engine);
    BasicArrayPackage::new().register_into_engine(&mut engine);
    BasicMapPackage::new().register_into_engine(&mut engine);
    limit(&mut engine);
    arithmetic::register(&mut engine);
    globals::register(&mut engine);
    inputs::register(&mut engine);
    parts::register(&mut engine);
    handle::register(&mut engine);
    setting::register(&mut engine);
    flag::register(&mut engine);
    rollout::register(&mut engine);
    job::register(&mut engine);
    volume::register(&mut engine);
    alert::register(&mut engine);
    traffic::register(&mut engine);
    notices::register(&mut engine);
    rule::register(&mut engine);
    engine
}

fn limit(engine: &mut Engine) {
    engine
        // `Full` would call our functions while compiling.
        .set_optimization_level(OptimizationLevel::Simple)
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true)
        .set_allow_shadowing(false)
        .set_max_operations(MAX_OPERATIONS)
        .set_max_call_levels(16)
        .set_max_expr_depths(MAX_EXPRESSION_DEPTH, MAX_FUNCTION_EXPRESSION_DEPTH)
        .set_max_string_size(MAX_TEXT)
        .set_max_array_size(1000)
        .set_max_map_size(200)
        .set_max_variables(128)
        .set_max_functions(MAX_FUNCTIONS)
        // No lock between threads that evaluate.
        .set_max_strings_interned(0)
        .on_progress(|_| stop());
    for (word, _) in crate::language::FORBIDDEN {
        engine.disable_symbol(*word);
    }
}

/// Asked at every operation: why the evaluation under way ends here, if it does.
///
/// Rhai's own count starts anew in what a native function calls back, such as the
/// closure of `filter`; this one does not.
fn stop() -> Option<Dynamic> {
    let operations = context::operation()?;
    if operations > MAX_OPERATIONS {
        return Some(format!("more than {MAX_OPERATIONS} operations in one evaluation").into());
    }
    (operations % WATCH_EVERY == 0 && too_late()).then(|| "out of time".into())
}

fn too_late() -> bool {
    with(|context| context.deadline.as_mut().is_some_and(Deadline::look)).unwrap_or(false)
}

/// Data that a rule needs and that is not there; the payload of an error.
#[derive(Clone, Debug)]
struct Missing(String);

/// The error of a rule that needs what is missing.
fn missing(why: String) -> Box<EvalAltResult> {
    EvalAltResult::ErrorRuntime(Dynamic::from(Missing(why)), Position::NONE).into()
}

/// What is missing, if that is what went wrong; also from within a function of the script.
fn is_missing(error: &EvalAltResult) -> Option<String> {
    let EvalAltResult::ErrorRuntime(payload, _) = error.unwrap_inner() else { return None };
    payload.read_lock::<Missing>().map(|missing| missing.0.clone())
}

/// Whether nothing of the policy may go on after an error: out of time or operations.
fn is_final(error: &EvalAltResult) -> bool {
    matches!(
        error.unwrap_inner(),
        EvalAltResult::ErrorTerminated(..) | EvalAltResult::ErrorTooManyOperations(..)
    )
}

/// An error for people: what and where, without Rhai's own heading.
pub(crate) fn message(error: &EvalAltResult) -> String {
    if let EvalAltResult::ErrorTerminated(why, place) = error.unwrap_inner() {
        return format!("{why} ({place})");
    }
    let text = error.to_string();
    text.strip_prefix("Runtime error: ").map_or_else(|| text.clone(), str::to_owned)
}

/// Words of quantities, on bare numbers: a number is a count that is always there.
fn reading_or_number(engine: &mut Engine) {
    let count = |number: f64| Reading::fixed(number, Dimension::Count);
    engine
        .register_fn("or", move |reading: Reading, other: i64| reading.or(&count(other as f64)?))
        .register_fn("or", move |reading: Reading, other: f64| reading.or(&count(other)?));
}
