//! Scale sets and their machines, asked for and changed by way of Azure's crate.
//!
//! This is the only file that knows the crate `azure_mgmt_compute`, so that its successor can
//! take its place: see `docs/decisions/0009`. The crate builds the requests and reads the
//! answers. It sends nothing itself and never sees a token: [`Arm`] does that for every call.
//!
//! A change is sent by `send()` and never awaited as the crate would have it: its long-running
//! builders send the change again until it is done. What came of a change is seen by looking.

use crate::{
    arm::{Arm, MAX_PAGES},
    fault::{Asked, CallError, Heard},
    operation::{Operation, Operations, PLACE},
    scale_set::{Machine, ScaleSet, ScaleSetId, group_path},
};
use async_trait::async_trait;
use azure_core::{
    Body, BytesStream, Error, HttpClient, Pageable, Request, Response, RetryOptions, StatusCode,
    TransportOptions,
    auth::{AccessToken, TokenCredential},
    date::parse_rfc3339,
    error::ErrorKind,
    headers::Headers,
};
use azure_mgmt_compute::package_2024_07_01::{
    Client,
    models::{
        InstanceViewStatus, OrchestrationMode, Sku, VirtualMachine, VirtualMachineHealthStatus,
        VirtualMachineListResult, VirtualMachineScaleSet, VirtualMachineScaleSetUpdate,
        VirtualMachineScaleSetVm, VirtualMachineScaleSetVmInstanceRequiredIDs,
        VirtualMachineScaleSetVmListResult, instance_view_status::Level,
    },
};
use futures::StreamExt;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// What permissions call the look at a scale set.
pub(crate) const READ: &str = "Microsoft.Compute/virtualMachineScaleSets/read";
/// And at what went wrong with it.
pub(crate) const READ_VIEW: &str = "Microsoft.Compute/virtualMachineScaleSets/instanceView/read";
/// And at its machines.
pub(crate) const READ_MACHINES: &str =
    "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read";
/// And at machines that are virtual machines of their own.
pub(crate) const READ_VMS: &str = "Microsoft.Compute/virtualMachines/read";
/// And at what became of a change of ours.
const READ_OPERATION: &str = "Microsoft.Compute/locations/operations/read";
/// And the change of its size.
pub(crate) const WRITE: &str = "Microsoft.Compute/virtualMachineScaleSets/write";
/// And the end of machines of it.
pub(crate) const DELETE: &str = "Microsoft.Compute/virtualMachineScaleSets/delete/action";

/// The scale sets of a subscription.
#[derive(Clone)]
pub(crate) struct Compute {
    client: Client,
    arm: Arm,
    subscription: String,
    operations: Operations<ScaleSetId>,
}

impl Compute {
    pub(crate) fn new(arm: Arm, subscription: String, operations: Operations<ScaleSetId>) -> Self {
        let endpoint = arm.endpoint().clone();
        let transport = TransportOptions::new(Arc::new(Transport(arm.clone())));
        let options =
            azure_core::ClientOptions::default().retry(RetryOptions::none()).transport(transport);
        let client = Client::new(endpoint, Arc::new(Nobody), Vec::new(), options);
        Self { client, arm, subscription, operations }
    }

    /// What is asked of a scale set.
    pub(crate) fn asked(&self, id: &ScaleSetId, verb: &str, action: &'static str) -> Asked {
        let words = format!("{verb} scale set {}", id.name);
        Asked { words, action, scope: id.path(&self.subscription) }
    }

    /// How a scale set stands.
    pub(crate) async fn scale_set(&self, id: &ScaleSetId) -> Result<ScaleSet, CallError> {
        let sets = self.client.virtual_machine_scale_sets_client();
        let call = sets.get(&*id.group, &*id.name, &*self.subscription).send();
        let read = async { call.await?.into_body().await };
        let read = read.await.map_err(|error| self.failed(id, "get", READ, error))?;
        Ok(scale_set(read))
    }

    /// What Azure says went wrong with a scale set last, if it says anything.
    ///
    /// The cause stands with the last change of ours, if that has failed; else with the scale set.
    pub(crate) async fn trouble(&self, id: &ScaleSetId) -> Result<Option<String>, CallError> {
        let asked = self.asked(id, "get the last operation on", READ_OPERATION);
        let last = self.operations.last(&self.arm, id, &asked).await;
        if let Some(why) = last.ok().flatten().and_then(Operation::trouble) {
            return Ok(Some(why));
        }
        let sets = self.client.virtual_machine_scale_sets_client();
        let call = sets.get_instance_view(&*id.group, &*id.name, &*self.subscription).send();
        let read = async { call.await?.into_body().await };
        let verb = "get the instance view of";
        let read = read.await.map_err(|error| self.failed(id, verb, READ_VIEW, error))?;
        Ok(trouble(&read.statuses))
    }

    /// The machines of a scale set, all of them.
    pub(crate) async fn machines(
        &self,
        id: &ScaleSetId,
        set: &ScaleSet,
    ) -> Result<Vec<Machine>, CallError> {
        let verb = "list the machines of";
        if set.flexible {
            let of = format!("'virtualMachineScaleSet/id' eq '{}'", id.path(&self.subscription));
            let list = self.client.virtual_machines_client().list(&*id.group, &*self.subscription);
            let pages = list.filter(of).expand("instanceView").into_stream();
            let all = whole(pages, |page: VirtualMachineListResult| page.value).await;
            let mut asked = self.asked(id, verb, READ_VMS);
            asked.scope = group_path(&self.subscription, &id.group);
            let all = all.map_err(|error| CallError::new(asked, heard(error)))?;
            return Ok(all.into_iter().filter_map(virtual_machine).collect());
        }
        let list = self.client.virtual_machine_scale_set_v_ms_client().list(
            &*id.group,
            &*id.name,
            &*self.subscription,
        );
        let pages = list.expand("instanceView").into_stream();
        let all = whole(pages, |page: VirtualMachineScaleSetVmListResult| page.value).await;
        let all = all.map_err(|error| self.failed(id, verb, READ_MACHINES, error))?;
        Ok(all.into_iter().filter_map(machine).collect())
    }

    /// Has Azure want `size` machines in a scale set, if it still is as it was seen in `set`.
    pub(crate) async fn resize(
        &self,
        id: &ScaleSetId,
        set: &ScaleSet,
        size: u32,
    ) -> Result<(), CallError> {
        let mut update = VirtualMachineScaleSetUpdate::new();
        let (name, tier) = set.sku.clone();
        update.sku = Some(Sku { name, tier, capacity: Some(size.into()) });
        let sets = self.client.virtual_machine_scale_sets_client();
        let mut call = sets.update(&*id.group, &*id.name, update, &*self.subscription);
        if let Some(etag) = &set.etag {
            call = call.if_match(etag);
        }
        let sent = call.send().await.map_err(|error| self.failed(id, "resize", WRITE, error))?;
        let place = sent.as_raw_response().headers().get_optional_str(&PLACE.into());
        self.operations.note(id, place);
        Ok(())
    }

    /// Has Azure end a machine of a scale set, which wants one fewer from then on.
    pub(crate) async fn delete(&self, id: &ScaleSetId, machine: &Machine) -> Result<(), CallError> {
        let ids = VirtualMachineScaleSetVmInstanceRequiredIDs::new(vec![machine.id.clone()]);
        let sets = self.client.virtual_machine_scale_sets_client();
        let call = sets.delete_instances(&*id.group, &*id.name, ids, &*self.subscription);
        let verb = format!("delete {} of", machine.name);
        let sent = call.send().await;
        sent.map(drop).map_err(|error| self.failed(id, &verb, DELETE, error))
    }

    fn failed(&self, id: &ScaleSetId, verb: &str, action: &'static str, error: Error) -> CallError {
        CallError::new(self.asked(id, verb, action), heard(error))
    }
}

/// Sends what the crate builds.
#[derive(Debug)]
struct Transport(Arm);

#[async_trait]
impl HttpClient for Transport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<Response> {
        let kept = |name: &str| !matches!(name, "authorization" | "user-agent");
        let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<(&str, &str)> = headers.filter(|(name, _)| kept(name)).collect();
        let body = match request.body() {
            Body::Bytes(bytes) => bytes.to_vec(),
            Body::SeekableStream(_) => {
                return Err(Error::message(ErrorKind::Other, "a body that is a stream"));
            }
        };
        let called = self.0.call(request.method().as_ref(), request.url(), &headers, body).await;
        let answer = called.map_err(|heard| Error::new(ErrorKind::Other, heard))?;
        let status = StatusCode::try_from(answer.status.as_u16());
        let status = status.map_err(|_| Error::message(ErrorKind::Other, "an unknown status"))?;
        let mut headers = Headers::new();
        if let Some(place) = answer.headers.get(PLACE).and_then(|it| it.to_str().ok()) {
            headers.insert(PLACE, place.to_owned());
        }
        Ok(Response::new(status, headers, Box::pin(BytesStream::new(answer.body))))
    }
}

/// In place of the credential that the crate insists on: whom requests are from is not its to
/// know. It would show their tokens in its log.
#[derive(Debug)]
struct Nobody;

#[async_trait]
impl TokenCredential for Nobody {
    async fn get_token(&self, _: &[&str]) -> azure_core::Result<AccessToken> {
        Ok(AccessToken::new(String::new(), parse_rfc3339("9999-12-31T00:00:00Z")?))
    }

    async fn clear_cache(&self) -> azure_core::Result<()> {
        Ok(())
    }
}

/// What was heard, as the transport has it; all else is the crate's own reading of an answer.
fn heard(error: Error) -> Heard {
    let other = match error.into_downcast::<Heard>() {
        Ok(heard) => return heard,
        Err(other) => other,
    };
    Heard::Strange(other.into_inner().map_or_else(|it| it.to_string(), |it| it.to_string()))
}

/// Everything of a list, or nothing.
async fn whole<P, T>(
    mut pages: Pageable<P, Error>,
    items: impl Fn(P) -> Vec<T>,
) -> Result<Vec<T>, Error> {
    let mut all = Vec::new();
    for _ in 0..MAX_PAGES {
        match pages.next().await {
            Some(page) => all.extend(items(page?)),
            None => return Ok(all),
        }
    }
    let why = format!("a list of more than {MAX_PAGES} pages");
    Err(Error::message(ErrorKind::Other, why))
}

fn scale_set(read: VirtualMachineScaleSet) -> ScaleSet {
    let sku = read.sku.unwrap_or_default();
    let properties = read.properties.unwrap_or_default();
    ScaleSet {
        capacity: sku.capacity,
        sku: (sku.name, sku.tier),
        state: properties.provisioning_state.unwrap_or_default(),
        etag: read.etag.filter(|etag| !etag.is_empty()),
        tags: read.resource.tags.map(tags).unwrap_or_default(),
        flexible: properties.orchestration_mode == Some(OrchestrationMode::Flexible),
    }
}

fn tags(tags: Value) -> BTreeMap<String, String> {
    let Value::Object(tags) = tags else { return BTreeMap::new() };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    tags.iter().map(|(key, value)| (key.clone(), text(value))).collect()
}

/// A machine of a uniform scale set. One without an id cannot be told from others.
fn machine(read: VirtualMachineScaleSetVm) -> Option<Machine> {
    let id = read.instance_id?;
    let properties = read.properties.unwrap_or_default();
    let view = properties.instance_view.unwrap_or_default();
    Some(Machine {
        name: read.resource.name.unwrap_or_else(|| id.clone()),
        id,
        zone: read.zones.into_iter().next(),
        state: properties.provisioning_state.unwrap_or_default(),
        power: after("PowerState/", &view.statuses),
        health: health(view.vm_health),
        trouble: trouble(&view.statuses),
    })
}

/// A machine of a flexible scale set, which goes by its name.
fn virtual_machine(read: VirtualMachine) -> Option<Machine> {
    let name = read.resource.name?;
    let properties = read.properties.unwrap_or_default();
    let view = properties.instance_view.unwrap_or_default();
    Some(Machine {
        id: name.clone(),
        name,
        zone: read.zones.into_iter().next(),
        state: properties.provisioning_state.unwrap_or_default(),
        power: after("PowerState/", &view.statuses),
        health: health(view.vm_health),
        trouble: trouble(&view.statuses),
    })
}

fn health(told: Option<VirtualMachineHealthStatus>) -> Option<String> {
    after("HealthState/", &[told?.status?])
}

/// What follows `prefix` in the first code that has it: "running" of "PowerState/running".
fn after(prefix: &str, statuses: &[InstanceViewStatus]) -> Option<String> {
    let mut codes = statuses.iter().filter_map(|status| status.code.as_deref());
    let code = codes.find_map(|code| code.strip_prefix(prefix))?;
    Some(code.to_lowercase())
}

/// The first that is wrong, in Azure's words.
fn trouble(statuses: &[InstanceViewStatus]) -> Option<String> {
    let wrong = statuses.iter().find(|status| status.level == Some(Level::Error))?;
    let words = [&wrong.message, &wrong.display_status, &wrong.code];
    words.into_iter().flatten().find(|words| !words.trim().is_empty()).cloned()
}
