//! Changing scale sets, one action at a time.

use crate::{
    compute::Compute,
    fault::Fault,
    scale_set::{Machine, ScaleSet, ScaleSetId},
};
use async_trait::async_trait;
use setpoint_control::{Act, ProviderError};
use setpoint_core::{Action, Intent, TargetName};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::timeout;

/// Hands on scale sets.
///
/// Every action looks first: done already is a yes without a change, and a target that is no
/// longer as the decision saw it is [`Stale`](setpoint_core::FailureKind::Stale). A change of
/// the size carries the entity tag that was looked at, so that Azure itself refuses it if
/// anybody was faster. What Azure accepts it goes on with by itself, for minutes: nobody waits
/// for that here, the next looks see what becomes of it.
pub struct AzureHands {
    name: String,
    compute: Compute,
    targets: BTreeMap<TargetName, ScaleSetId>,
    deadline: Duration,
}

impl AzureHands {
    pub(crate) fn new(
        name: String,
        compute: Compute,
        targets: BTreeMap<TargetName, ScaleSetId>,
        deadline: Duration,
    ) -> Self {
        Self { name, compute, targets, deadline }
    }

    async fn act(&self, intent: &Intent) -> Result<(), Fault> {
        let target = &intent.target;
        let unknown = || Fault::Refused(format!("{target} is no target of this provider"));
        let id = self.targets.get(target).ok_or_else(unknown)?;
        let action = &intent.action;
        if let Action::Resize { from, to } = action {
            return self.resize(id, *from, *to).await;
        }
        if let Action::Replace { from, member, drained: false } = action {
            return self.replace(id, *from, member).await;
        }
        Err(Fault::Refused(format!("{target} is a scale set: it cannot {action}")))
    }

    /// Has `id` want `to` machines, if it wants `from` now; nothing to do if it wants `to`.
    async fn resize(&self, id: &ScaleSetId, from: u32, to: u32) -> Result<(), Fault> {
        let set = self.compute.scale_set(id).await?;
        let now = set.desired()?;
        if now == to {
            return Ok(());
        }
        if now != from {
            return Err(moved(now, from));
        }
        // What is about to be taken is asked about now.
        if to < from
            && let Some(busy) = set.busy()
        {
            return Err(Fault::Stale(busy));
        }
        Ok(self.compute.resize(id, &set, to).await?)
    }

    /// Ends the machine `member`, and has another in its place.
    ///
    /// Azure wants one fewer once a machine is deleted, so that the size is set back after it.
    /// Cut off in between, the same action does what is left of it.
    async fn replace(&self, id: &ScaleSetId, from: u32, member: &str) -> Result<(), Fault> {
        let set = self.compute.scale_set(id).await?;
        let machines = self.compute.machines(id, &set).await?;
        let there = machines.iter().find(|machine| machine.name == member);
        if let Some(machine) = there.filter(|machine| !machine.is_leaving()) {
            return self.exchange(id, &set, from, machine).await;
        }
        match set.desired()? {
            now if now == from => Ok(()),
            now if now.checked_add(1) == Some(from) => {
                Ok(self.compute.resize(id, &set, from).await?)
            }
            now => Err(moved(now, from)),
        }
    }

    async fn exchange(
        &self,
        id: &ScaleSetId,
        set: &ScaleSet,
        from: u32,
        machine: &Machine,
    ) -> Result<(), Fault> {
        let now = set.desired()?;
        if now != from {
            return Err(moved(now, from));
        }
        if let Some(busy) = set.busy() {
            return Err(Fault::Stale(busy));
        }
        self.compute.delete(id, machine).await?;
        let after = self.compute.scale_set(id).await?;
        // Not counted down yet: the next decision sees the size that is left, and grows it.
        if after.desired()?.checked_add(1) != Some(from) {
            return Ok(());
        }
        Ok(self.compute.resize(id, &after, from).await?)
    }
}

fn moved(now: u32, from: u32) -> Fault {
    Fault::Stale(format!("its desired size is {now}, not {from}"))
}

#[async_trait]
impl Act for AzureHands {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        let late = |_| Err(Fault::Late(self.deadline));
        let acted = timeout(self.deadline, self.act(intent)).await.unwrap_or_else(late);
        acted.map_err(|fault| ProviderError::of(&self.name, intent, fault))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{WEB, azure, machines, refusal, scale_set};
    use serde_json::{Value, json};
    use setpoint_core::{FailureKind, IntentId, Span};
    use std::sync::Mutex;

    /// What Azure says to `action` on a scale set of 4, and what it was asked.
    async fn apply(
        action: Action,
        answer: impl Fn(&str) -> Option<(u16, Value)> + Send + Sync + 'static,
    ) -> (Result<(), (FailureKind, String)>, Vec<String>) {
        let (azure, heard) = azure(move |call, _| match answer(call) {
            Some(answer) => answer,
            None if call.contains("/virtualMachines?") => (200, machines(4)),
            None => (200, scale_set(4, "Succeeded")),
        })
        .await;
        let web = TargetName::new("web");
        let id = ScaleSetId::parse("games/web", None).unwrap();
        let hands = azure.hands(BTreeMap::from([(web.clone(), id)]));
        let intent = Intent { id: IntentId::new("r/web/1/1"), target: web, action };
        let said = hands.apply(&intent).await.map_err(|error| (error.kind, error.chain()));
        let heard = heard.lock().unwrap().clone();
        (said, heard)
    }

    const GROW: Action = Action::Resize { from: 4, to: 6 };
    const SHRINK: Action = Action::Resize { from: 4, to: 3 };

    fn replace(member: &str) -> Action {
        Action::Replace { from: 4, member: member.to_owned(), drained: false }
    }

    fn changes(heard: &[String]) -> Vec<&String> {
        heard.iter().filter(|call| !call.starts_with("GET")).collect()
    }

    fn patch(to: u32) -> String {
        format!(
            "PATCH {WEB}?api-version=2024-07-01 if-match=\"7\" authorization=Bearer fake \
             {{\"sku\":{{\"name\":\"Standard_D2s_v5\",\"tier\":\"Standard\",\"capacity\":{to}}}}}"
        )
    }

    #[tokio::test]
    async fn a_size_is_set_once_on_the_state_that_was_looked_at() {
        // An operation that goes on: the crate itself would send the change again and again.
        for status in [200, 202] {
            let accepted = move |call: &str| {
                call.starts_with("PATCH").then(|| (status, scale_set(6, "Updating")))
            };
            let (said, heard) = apply(GROW, accepted).await;
            assert_eq!((said, changes(&heard)), (Ok(()), vec![&patch(6)]));
        }
    }

    #[tokio::test]
    async fn what_is_done_already_is_not_done_again() {
        let (said, heard) = apply(Action::Resize { from: 3, to: 4 }, |_| None).await;
        assert_eq!((said, changes(&heard).len()), (Ok(()), 0));
    }

    #[tokio::test]
    async fn what_was_moved_since_the_decision_is_left_alone() {
        let (said, heard) = apply(Action::Resize { from: 5, to: 7 }, |_| None).await;
        let (kind, why) = said.unwrap_err();
        assert_eq!((kind, changes(&heard).len()), (FailureKind::Stale, 0));
        assert_eq!(why, "azure could not resize web to 7: its desired size is 4, not 5");
        let faster =
            |call: &str| call.starts_with("PATCH").then(|| refusal(412, "PreconditionFailed", ""));
        assert_eq!(apply(GROW, faster).await.0.unwrap_err().0, FailureKind::Stale);
    }

    #[tokio::test]
    async fn nothing_is_taken_while_azure_is_at_it_but_growth_goes_on() {
        let busy = |call: &str| {
            (call.starts_with("GET") && !call.contains("oauth2"))
                .then(|| (200, scale_set(4, "Updating")))
        };
        let (said, heard) = apply(SHRINK, busy).await;
        assert_eq!((said.unwrap_err().0, changes(&heard).len()), (FailureKind::Stale, 0));
        assert_eq!(apply(GROW, busy).await.0, Ok(()));
        assert_eq!(apply(SHRINK, |_| None).await.0, Ok(()));
    }

    #[tokio::test]
    async fn a_no_is_sorted_by_what_may_be_done_about_it_and_not_asked_for_twice() {
        let throttled = FailureKind::Throttled { retry_after: Some(Span::from_secs(7)) };
        for (status, code, expected) in [
            (429, "TooManyRequests", throttled),
            (403, "AuthorizationFailed", FailureKind::Refused),
            (401, "InvalidAuthenticationToken", FailureKind::Refused),
            (409, "Conflict", FailureKind::Stale),
            (409, "QuotaExceeded", FailureKind::Refused),
            (500, "InternalServerError", FailureKind::Unavailable),
            (503, "ServerBusy", FailureKind::Unavailable),
            (404, "ResourceNotFound", FailureKind::Stale),
        ] {
            let no =
                move |call: &str| call.starts_with("PATCH").then(|| refusal(status, code, "no"));
            let (said, heard) = apply(GROW, no).await;
            let (kind, why) = said.unwrap_err();
            assert_eq!((kind, changes(&heard).len()), (expected, 1), "{status}");
            assert!(why.starts_with("azure could not resize web to 6: resize scale set web: no"));
        }
    }

    #[tokio::test]
    async fn a_machine_is_replaced_and_the_size_set_back_to_what_it_was() {
        let ended = Mutex::new(false);
        let counts_down = move |call: &str| {
            let mut ended = ended.lock().unwrap();
            *ended |= call.starts_with("POST");
            let down = *ended && call.starts_with("GET") && !call.contains("/virtualMachines");
            down.then(|| (200, scale_set(3, "Updating")))
        };
        let (said, heard) = apply(replace("web_2"), counts_down).await;
        let delete = format!(
            "POST {WEB}/delete?api-version=2024-07-01 authorization=Bearer fake \
             {{\"instanceIds\":[\"2\"]}}"
        );
        assert_eq!((said, changes(&heard)), (Ok(()), vec![&delete, &patch(4)]));
    }

    #[tokio::test]
    async fn a_replacement_that_was_cut_off_is_ended_and_one_that_is_over_is_left() {
        let (said, heard) = apply(replace("web_9"), |_| None).await;
        assert_eq!(
            (said, changes(&heard).len()),
            (Ok(()), 0),
            "it is gone, and the size is as before"
        );
        let halfway = |call: &str| {
            (call.starts_with("GET") && call.contains("/web?"))
                .then(|| (200, scale_set(3, "Updating")))
        };
        let (said, heard) = apply(replace("web_9"), halfway).await;
        assert_eq!((said, changes(&heard)), (Ok(()), vec![&patch(4)]));
        let (said, _) = apply(replace("web_2"), halfway).await;
        assert_eq!(said.unwrap_err().0, FailureKind::Stale, "somebody else took one");
    }

    #[tokio::test]
    async fn a_size_that_is_nowhere_is_never_taken_for_zero() {
        let none = |call: &str| {
            let mut set = scale_set(0, "Succeeded");
            set["sku"] = json!(null);
            call.contains("/web?").then_some((200, set))
        };
        let (said, heard) = apply(Action::Resize { from: 0, to: 4 }, none).await;
        assert_eq!((said.unwrap_err().0, changes(&heard).len()), (FailureKind::Refused, 0));
    }
}
