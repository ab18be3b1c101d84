//! In place of Amazon Web Services, in a build without them.

use super::{CannotWire, Reach};
use crate::config::{Provider, Target};
use setpoint_control::World;
use setpoint_core::TargetName;
use std::collections::BTreeMap;

/// Fails: the back end is not there.
pub(super) async fn plug_in(
    _: &mut World,
    name: &str,
    _: &Provider,
    _: &BTreeMap<&TargetName, &Target>,
    _: Reach,
) -> Result<(), CannotWire> {
    Err(CannotWire::LeftOut { provider: name.to_owned(), kind: "aws" })
}
