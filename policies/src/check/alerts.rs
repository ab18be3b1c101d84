//! The walk: `alert("name")`, which names an input that counts alerts.

use super::{types::Type, walk::Walker};
use crate::fault::FaultId;
use rhai::{Expr, FnCallExpr};
use setpoint_core::Dimension;

impl Walker<'_, '_> {
    /// The name is written out, so that it can be looked for, and is that of a count.
    pub(super) fn alert(&mut self, call: &FnCallExpr) {
        let Some(argument) = call.args.first() else { return };
        let Expr::StringConstant(name, place) = argument else {
            let message = "the name of an alert must be written out";
            let help = "write alert(\"storm\").firing";
            let place = argument.start_position();
            self.faults.add_with_help(FaultId::WrongValue, place, message, help);
            return;
        };
        let is = self.input(name, *place);
        let counts = |is: &Type| is.dimension() == Some(Dimension::Count);
        if !matches!(is, Type::Unknown) && (!counts(&is) || matches!(is, Type::Each(..))) {
            let message = format!("{} counts no alerts", is.noun());
            let help = format!("declare {name}: #{{ unit: \"count\" }} in the header");
            self.faults.add_with_help(FaultId::WrongValue, *place, message, help);
        }
    }
}
