//! Looking at scale sets. Nothing here can change anything.

use crate::{
    compute::Compute,
    fault::Fault,
    rivals::Rivals,
    scale_set::{self, ScaleSet, ScaleSetId},
};
use async_trait::async_trait;
use futures::future::{join, join_all};
use setpoint_control::Observe;
use setpoint_core::{Group, Seen, TargetName};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::timeout;

/// Eyes on scale sets.
///
/// A scale set takes two calls, for itself and for its machines, and a third for Azure's cause
/// when it has failed. It is seen whole or not at all.
pub struct AzureEyes {
    compute: Compute,
    rivals: Rivals,
    targets: BTreeMap<TargetName, ScaleSetId>,
    /// Targets whose machines are told by name.
    named: BTreeSet<TargetName>,
    deadline: Duration,
}

impl AzureEyes {
    pub(crate) fn new(
        compute: Compute,
        rivals: Rivals,
        (targets, named): (BTreeMap<TargetName, ScaleSetId>, BTreeSet<TargetName>),
        deadline: Duration,
    ) -> Self {
        Self { compute, rivals, targets, named, deadline }
    }

    async fn look(&self, target: &TargetName, id: &ScaleSetId) -> Result<Group, Fault> {
        let looked = look(&self.compute, id, self.named.contains(target));
        let (looked, rival) = join(looked, self.rivals.of(id)).await;
        let (_, group) = looked?;
        Ok(Group { busy: group.busy.or(rival), ..group })
    }
}

#[async_trait]
impl Observe for AzureEyes {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let looks = self.targets.iter().map(async |(target, id)| {
            let look = async { self.look(target, id).await.map(Seen::Group) };
            (target.clone(), within(self.deadline, look).await)
        });
        join_all(looks).await.into_iter().collect()
    }
}

/// What `look` finds, or why it finds nothing by `deadline`.
pub(crate) async fn within(
    deadline: Duration,
    look: impl Future<Output = Result<Seen, Fault>>,
) -> Seen {
    let looked = timeout(deadline, look).await.unwrap_or(Err(Fault::Late(deadline)));
    looked.unwrap_or_else(|fault| Seen::Nothing(fault.to_string()))
}

/// How a scale set stands, but for other scalers; its machines by name if they are wanted so.
pub(crate) async fn look(
    compute: &Compute,
    id: &ScaleSetId,
    named: bool,
) -> Result<(ScaleSet, Group), Fault> {
    let set = compute.scale_set(id).await?;
    let machines = compute.machines(id, &set).await?;
    let cause = if set.has_failed() {
        let unread = |error| Some(format!("the cause cannot be read: {error}"));
        compute.trouble(id).await.unwrap_or_else(unread)
    } else {
        None
    };
    let group = scale_set::group(&set, &machines, named, cause)?;
    Ok((set, group))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{WEB, azure, machine, machines, refusal, scale_set};
    use serde_json::{Value, json};
    use setpoint_control::Act;
    use setpoint_core::{Action, Intent, IntentId, MemberState};

    const AUTOSCALE: &str = "/autoscalesettings?";

    /// What is seen of a scale set of 4 that answers this, or as one that is well; and the calls.
    async fn seen(
        answer: impl Fn(&str) -> Option<(u16, Value)> + Send + Sync + 'static,
    ) -> (Seen, Vec<String>) {
        let (azure, heard) = azure(move |call, _| match answer(call) {
            Some(answer) => answer,
            None if call.contains(AUTOSCALE) => (200, json!({ "value": [] })),
            None if call.contains("/virtualMachines?") => (200, machines(4)),
            None => (200, scale_set(4, "Succeeded")),
        })
        .await;
        let web = TargetName::new("web");
        let targets =
            BTreeMap::from([(web.clone(), ScaleSetId::parse("games/web", None).unwrap())]);
        let seen = azure.eyes(targets, BTreeSet::from([web.clone()])).observe().await;
        let heard = heard.lock().unwrap().clone();
        (seen[&web].clone(), heard)
    }

    fn group(seen: Seen) -> Group {
        let Seen::Group(group) = seen else { panic!("{seen:?}") };
        group
    }

    #[tokio::test]
    async fn it_is_asked_in_its_own_words_by_a_token_that_is_asked_for_once() {
        let (seen, heard) = seen(|_| None).await;
        let group = group(seen);
        assert_eq!((group.desired, group.ready, group.busy, group.shortfall), (4, 4, None, None));
        assert_eq!(group.members[1].name, "web_1");
        assert_eq!(group.members[1].zone.as_deref(), Some("2"));
        assert_eq!(group.members[1].state, MemberState::Serving);
        let expected = [
            "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=http%3A%2F%2F",
            &format!("GET {WEB}?api-version=2024-07-01 authorization=Bearer fake"),
            &format!("GET {WEB}/virtualMachines?api-version=2024-07-01&%24expand=instanceView"),
            "GET /subscriptions/s/resourceGroups/games/providers/Microsoft.Insights/autoscalesettings",
        ];
        assert_eq!(heard.len(), expected.len(), "{heard:#?}");
        for part in expected {
            assert!(heard.iter().any(|call| call.starts_with(part)), "{part}: {heard:#?}");
        }
    }

    #[tokio::test]
    async fn a_list_is_read_to_its_last_page_or_not_at_all() {
        let paged = |last: (u16, Value)| {
            move |call: &str| {
                if call.contains("skiptoken") {
                    return Some(last.clone());
                }
                let next = format!("{WEB}/virtualMachines?api-version=2024-07-01&$skiptoken=2");
                call.contains("/virtualMachines?").then(|| {
                    let first = machine(0, "Succeeded", "running");
                    (200, json!({ "value": [first], "nextLink": next }))
                })
            }
        };
        let rest = json!({ "value": [machine(1, "Creating", "starting")] });
        let (whole, _) = seen(paged((200, rest))).await;
        let whole = group(whole);
        assert_eq!((whole.desired, whole.ready, whole.warming), (4, 1, 1));
        let (half, _) = seen(paged(refusal(500, "InternalServerError", "try later"))).await;
        let Seen::Nothing(why) = half else { panic!("{half:?}") };
        assert_eq!(why, "list the machines of scale set web: try later (500 InternalServerError)");
    }

    #[tokio::test]
    async fn a_token_follows_no_link_to_somebody_else() {
        let (elsewhere, others) = crate::stand_in::serve(|_, _| (200, machines(4))).await;
        let link = move |call: &str| {
            let page = json!({ "value": [], "nextLink": format!("{elsewhere}more") });
            call.contains("/virtualMachines?").then_some((200, page))
        };
        let (seen, _) = seen(link).await;
        let Seen::Nothing(why) = seen else { panic!("{seen:?}") };
        assert!(why.contains("it leads to another place, 127.0.0.1"), "{why}");
        assert!(others.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_token_that_was_refused_is_not_used_again() {
        let no = |_: &str, _: &Value| refusal(401, "ExpiredAuthenticationToken", "It has expired");
        let (azure, heard) = azure(no).await;
        let web = TargetName::new("web");
        let id = ScaleSetId::parse("games/web", None).unwrap();
        let eyes = azure.eyes(BTreeMap::from([(web.clone(), id)]), BTreeSet::new());
        let given = || heard.lock().unwrap().iter().filter(|it| it.contains("oauth2")).count();
        eyes.observe().await;
        let once = given();
        let seen = eyes.observe().await;
        assert!(given() > once, "another was asked for");
        let Seen::Nothing(why) = &seen[&web] else { panic!("{seen:?}") };
        let expected = "get scale set web: It has expired (401 ExpiredAuthenticationToken); the \
                        credentials were refused: `setpoint doctor` tells whose they are";
        assert_eq!(why, expected);
    }

    #[tokio::test]
    async fn what_azure_could_not_give_is_told_in_its_words() {
        let failed = |call: &str| {
            let view = json!({ "statuses": [
                { "code": "ProvisioningState/failed/AllocationFailed", "level": "Error",
                  "message": "Allocation failed. We do not have sufficient capacity." } ] });
            if call.contains("/instanceView?") {
                return Some((200, view));
            }
            let few = json!({ "value": [machine(0, "Succeeded", "running")] });
            if call.contains("/virtualMachines?") {
                return Some((200, few));
            }
            call.contains(WEB).then(|| (200, scale_set(4, "Failed")))
        };
        let seen = group(seen(failed).await.0);
        assert_eq!((seen.ready, seen.busy), (1, None), "what has failed is over");
        let why = "Allocation failed. We do not have sufficient capacity.";
        assert_eq!(seen.shortfall.as_deref(), Some(why));
    }

    #[tokio::test]
    async fn what_became_of_a_change_of_ours_is_told_by_its_cause() {
        let (azure, _) = azure(|call, _| {
            if call.contains("/operations/7") {
                let error = json!({ "code": "AllocationFailed", "message": "No room in zone 1." });
                return (200, json!({ "status": "Failed", "error": error }));
            }
            if call.contains("/instanceView?") {
                let failed = json!({ "level": "Error", "displayStatus": "Provisioning failed" });
                return (200, json!({ "statuses": [failed] }));
            }
            match call.contains("/virtualMachines?") {
                true => (200, machines(4)),
                false => (200, scale_set(6, "Failed")),
            }
        })
        .await;
        let web = TargetName::new("web");
        let targets =
            BTreeMap::from([(web.clone(), ScaleSetId::parse("games/web", None).unwrap())]);
        let eyes = azure.eyes(targets.clone(), BTreeSet::new());
        let before = group(eyes.observe().await[&web].clone());
        assert_eq!(before.shortfall.as_deref(), Some("Provisioning failed"));
        let action = Action::Resize { from: 6, to: 8 };
        let intent = Intent { id: IntentId::new("r/web/1/1"), target: web.clone(), action };
        azure.hands(targets).apply(&intent).await.unwrap();
        let after = group(eyes.observe().await[&web].clone());
        assert_eq!(after.shortfall.as_deref(), Some("No room in zone 1. (AllocationFailed)"));
    }

    #[tokio::test]
    async fn machines_of_their_own_are_found_by_their_scale_set() {
        let flexible = |call: &str| {
            if call.contains(WEB) && !call.contains("filter") {
                let mut set = scale_set(2, "Succeeded");
                set["properties"]["orchestrationMode"] = json!("Flexible");
                return Some((200, set));
            }
            let mut sick = machine(1, "Succeeded", "running");
            let health = json!({ "status": { "code": "HealthState/unhealthy", "level": "Info" } });
            sick["properties"]["instanceView"]["vmHealth"] = health;
            let all = json!({ "value": [machine(0, "Succeeded", "running"), sick] });
            call.contains("/Microsoft.Compute/virtualMachines?").then_some((200, all))
        };
        let (seen, heard) = seen(flexible).await;
        let seen = group(seen);
        assert_eq!((seen.desired, seen.ready, seen.unhealthy), (2, 1, 1));
        let list = heard.iter().find(|call| call.contains("filter=")).unwrap();
        assert!(list.contains("virtualMachineScaleSet%2Fid%27+eq+%27"), "{list}");
    }

    #[tokio::test]
    async fn who_scales_it_besides_is_told_by_name() {
        let setting = |of: String, enabled: bool| {
            json!({ "value": [{ "name": "web-autoscale", "properties": {
                "enabled": enabled, "targetResourceUri": of, "profiles": [] } }] })
        };
        for (document, expected) in [
            (setting(WEB.to_uppercase(), true), Some("autoscale setting web-autoscale")),
            (setting(WEB.to_owned(), false), None),
            (setting(format!("{WEB}2"), true), None),
        ] {
            let (seen, _) =
                seen(move |call| call.contains(AUTOSCALE).then(|| (200, document.clone()))).await;
            let expected = expected.map(|who| format!("another scaler acts on it: {who}"));
            assert_eq!(group(seen).busy, expected);
        }
    }

    #[tokio::test]
    async fn nobody_is_known_where_settings_may_not_be_read_and_doubt_is_no_free_hand() {
        let no =
            |status| move |call: &str| call.contains(AUTOSCALE).then(|| refusal(status, "", ""));
        assert_eq!(group(seen(no(403)).await.0).busy, None);
        let doubt = group(seen(no(500)).await.0).busy.unwrap();
        assert!(doubt.starts_with("whether another scaler acts on it is not known"), "{doubt}");
    }

    #[tokio::test]
    async fn what_is_not_permitted_is_told_with_what_would_allow_it() {
        let (seen, _) = seen(|call| {
            call.contains("/virtualMachines?").then(|| refusal(403, "AuthorizationFailed", "no"))
        })
        .await;
        let Seen::Nothing(why) = seen else { panic!("{seen:?}") };
        assert_eq!(
            why,
            format!(
                "list the machines of scale set web: no (403 AuthorizationFailed); a role with \
                 Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read on {WEB} would \
                 allow it"
            )
        );
    }
}
