//! What became of members, as the cloud tells it.

use super::super::{account::Account, ask::Ask, data::Data, fault::Fault, pages::page};
use super::Group;
use setpoint_core::Span;

/// What an activity is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Launch(u64),
    Terminate(u64),
    /// A launch for which there was no room.
    Nobody,
    /// To standby.
    Aside(u64),
    /// Back into service.
    Back(u64),
}

/// An activity.
#[derive(Clone, Debug)]
pub(super) struct Activity {
    pub(super) id: String,
    pub(super) what: What,
    pub(super) start: Span,
    /// When it is over.
    pub(super) until: Span,
    pub(super) cause: String,
    /// Why it failed, if it did.
    pub(super) failed: Option<&'static str>,
    /// Whether another one put an end to it.
    pub(super) cancelled: bool,
}

impl Activity {
    /// Whether it still goes on.
    pub(super) fn is_under_way(&self, now: Span) -> bool {
        self.failed.is_none() && !self.cancelled && now < self.until
    }

    fn status(&self, group: &Group, now: Span) -> &'static str {
        let waits = |number| group.waiting.iter().any(|waiting| waiting.number == number);
        match self.what {
            _ if self.failed.is_some() => "Failed",
            _ if self.cancelled => "Cancelled",
            _ if self.until <= now => "Successful",
            What::Launch(number) | What::Terminate(number) if waits(number) => "MidLifecycleAction",
            What::Launch(_) => "PreInService",
            What::Terminate(_) | What::Nobody | What::Aside(_) | What::Back(_) => "InProgress",
        }
    }

    /// As an answer has it.
    pub(super) fn told(&self, account: &Account, group: &Group) -> Data {
        let now = account.now;
        let done = match self.what {
            What::Launch(number) => format!("Launching a new EC2 instance: {}", group.id(number)),
            What::Terminate(number) => format!("Terminating EC2 instance: {}", group.id(number)),
            What::Nobody => "Launching a new EC2 instance".to_owned(),
            What::Aside(number) => format!("Moving EC2 instance to Standby: {}", group.id(number)),
            What::Back(number) => {
                format!("Moving EC2 instance out of Standby: {}", group.id(number))
            }
        };
        let length = self.until.minus(self.start).secs();
        let share = if length > 0.0 { now.minus(self.start).secs() / length } else { 1.0 };
        let progress =
            if self.is_under_way(now) { (share * 100.0).clamp(0.0, 99.0) } else { 100.0 };
        let ended = (!self.is_under_way(now)).then(|| account.outside(self.until.min(now)));
        Data::map()
            .with("ActivityId", self.id.clone())
            .with("AutoScalingGroupName", group.name.clone())
            .with("Description", done)
            .with("Cause", self.cause.clone())
            .with("StartTime", account.outside(self.start))
            .maybe("EndTime", ended)
            .with("StatusCode", self.status(group, now))
            .maybe("StatusMessage", self.failed)
            .with("Progress", progress as u32)
    }
}

pub(super) fn describe(account: &Account, ask: &Ask) -> Result<Data, Fault> {
    let wanted = ask.list("ActivityIds.member");
    let most = ask.count("MaxRecords")?.map_or(100, |most| most.clamp(1, 100));
    let groups: Vec<&Group> = match ask.text("AutoScalingGroupName") {
        Some(_) => vec![account.see(ask)?],
        None => account.groups.values().collect(),
    };
    let mut all: Vec<(&Group, &Activity)> = Vec::new();
    for group in groups {
        let own = group
            .activities
            .iter()
            .filter(|it| wanted.is_empty() || wanted.contains(&it.id.as_str()));
        all.extend(own.map(|activity| (group, activity)));
    }
    // Newest first; of one moment, those that were told last.
    all.reverse();
    all.sort_by_key(|(_, activity)| std::cmp::Reverse(activity.start));
    let told = |(group, it): (&Group, &Activity)| (it.id.clone(), it.told(account, group));
    let told: Vec<(String, Data)> = all.into_iter().map(told).collect();
    let at = (ask.text("NextToken"), most as usize);
    let (told, next) = page(told, |(id, _)| id.clone(), at, "InvalidNextToken")?;
    let told = told.into_iter().map(|(_, data)| data);
    Ok(Data::map().members("Activities", told).maybe("NextToken", next))
}
