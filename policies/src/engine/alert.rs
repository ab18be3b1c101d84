//! Alerts: `alert("storm").firing`, of an input that counts how many of them fire.

use super::{Outcome, arithmetic::compared, inputs, reading::Reading};
use rhai::{Engine, ImmutableString, NativeCallContext};
use setpoint_core::Dimension;

/// An alert, by the input that counts it.
#[derive(Clone, Debug)]
pub(crate) struct AlertHandle(ImmutableString);

/// Teaches `engine` what alerts are.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<AlertHandle>("Alert")
        .register_fn("alert", |name: ImmutableString| AlertHandle(name))
        .register_get("firing", |call: NativeCallContext<'_>, alert: &mut AlertHandle| {
            firing(&call, &alert.0)
        });
}

/// Whether one of them fires, written down as the comparison that it is.
///
/// Fails as missing data where nobody knows.
fn firing(call: &NativeCallContext<'_>, name: &str) -> Outcome<bool> {
    let count = inputs::latest(name)?;
    if count.dimension != Dimension::Count {
        return Err(
            format!("the input '{name}' counts no alerts: it is not of unit \"count\"").into()
        );
    }
    compared(call, (&count, ">", &Reading::fixed(0.0, Dimension::Count)?), |firing, none| {
        firing > none
    })
}
