//! How many members are wanted.

use super::{
    super::{account::Account, ask::Ask, data::Data, fault::Fault},
    Group,
};
use setpoint_core::Span;

pub(super) fn set(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let wanted = ask.count("DesiredCapacity")?.ok_or_else(|| Fault::missing("DesiredCapacity"))?;
    let honours = ask.flag("HonorCooldown")?.unwrap_or(false);
    let now = account.now;
    let group = account.group_to_change(ask)?;
    let rests = Span::from_secs(u64::from(group.cooldown));
    if honours && group.sized.is_some_and(|at| now < at + rests) {
        let message = format!("{} is cooling down after its last change", group.name);
        return Err(Fault::sender("ScalingActivityInProgress", message));
    }
    group.check_size(wanted)?;
    group.resize(wanted, now);
    Ok(Data::map())
}

impl Group {
    /// Fails if the group may not be of this size.
    pub(super) fn check_size(&self, wanted: u32) -> Result<(), Fault> {
        let range = self.live().world.range();
        let (side, limit) = match wanted {
            it if it > range.max() => ("above max", range.max()),
            it if it < range.min() => ("below min", range.min()),
            _ => return Ok(()),
        };
        let message = format!(
            "New SetDesiredCapacity value {wanted} is {side} value {limit} for the AutoScalingGroup."
        );
        Err(Fault::validation(message))
    }

    /// Wants so many members from now on.
    pub(super) fn resize(&mut self, wanted: u32, now: Span) {
        let before = self.live().world.desired();
        let cause = format!("a caller set the desired capacity from {before} to {wanted}");
        self.live().world.ask_for(wanted);
        if before != wanted {
            self.sized = Some(now);
        }
        self.note(now, &cause);
        self.trim(now, &cause);
    }
}
