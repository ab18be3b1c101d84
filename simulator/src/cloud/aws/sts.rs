//! The Security Token Service: who is calling.

use super::{
    account::{ACCOUNT, Account},
    ask::Ask,
    data::Data,
    fault::Fault,
};

pub(super) fn act(_: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    match ask.action() {
        "GetCallerIdentity" => Ok(Data::map()
            .with("UserId", "setpoint-sim")
            .with("Account", ACCOUNT)
            .with("Arn", format!("arn:aws:iam::{ACCOUNT}:user/setpoint-sim"))),
        other => Err(Fault::unknown_action(format!("{other} is not simulated here"))),
    }
}
