//! The targets of a target group: the members of a group, as the load balancer sees them.

use super::{
    super::{account::Account, ask::Ask, data::Data, fault::Fault},
    none,
};

pub(super) fn health(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    let arn = ask.must("TargetGroupArn")?;
    let thing = account.balancer.thing(arn);
    let members = thing.and_then(|thing| account.balancer.members(thing));
    let members = members.ok_or_else(|| none("TargetGroupNotFound", arn))?;
    let wanted: Vec<String> = ask
        .entries("Targets.member")
        .iter()
        .map(|target| target.must("Id").map(str::to_owned))
        .collect::<Result<_, Fault>>()?;
    let targets = account.groups.get(&members).map(|it| it.targets(account.now));
    let mut told = Vec::new();
    for (id, state) in targets.into_iter().flatten() {
        if wanted.is_empty() || wanted.contains(&id) {
            told.push(target(&id, state));
        }
    }
    Ok(Data::map().members("TargetHealthDescriptions", told))
}

/// How a target stands: its state, and why, where that is not `healthy`.
pub(in super::super) type State = (&'static str, Option<(&'static str, &'static str)>);

fn target(id: &str, (state, why): State) -> Data {
    let health = Data::map()
        .with("State", state)
        .maybe("Reason", why.map(|(reason, _)| reason))
        .maybe("Description", why.map(|(_, description)| description));
    Data::map()
        .with("Target", Data::map().with("Id", id).with("Port", 80_u32))
        .with("HealthCheckPort", "80")
        .with("TargetHealth", health)
}
