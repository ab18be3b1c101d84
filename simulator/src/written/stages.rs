//! `stages = [5, 25, 50, 100]`: the shares that a candidate goes through.

use super::{
    fault::{Code, FileFault},
    table::Table,
};
use setpoint_core::Stages;

/// The stages of a rollout, if its table names any.
pub(crate) fn stages(table: &mut Table<'_>) -> Option<Stages> {
    let written = table.list("stages")?;
    let reader = table.reader;
    let place = written.first().map_or_else(|| table.place.clone(), |first| reader.place(first));
    let shares = written.into_iter().filter_map(|value| reader.count(value, "stages"));
    let stages = Stages::new(shares.map(|at| at.value).collect());
    if stages.is_none() {
        let message = "`stages` are shares in percent, each larger than the one before";
        let fault = FileFault::new(Code::BadValue, &place, message.to_owned());
        reader.faults.push(fault.help("write them as [5, 25, 50, 100]"));
    }
    stages
}
