//! Operations that take their time: begun by a call, told as they go on, over when the world has
//! got there.

use super::{
    super::live, fault::Fault, postgres, route::Route, said::Said, set::ScaleSet,
    subscription::Subscription,
};
use crate::world::World;
use hyper::{
    StatusCode,
    header::{self, HeaderName},
};
use serde_json::{Value, json};
use setpoint_core::Span;

/// Where an operation tells how it stands.
const STANDS: HeaderName = HeaderName::from_static("azure-asyncoperation");
/// How long to wait from one question to the next, in the time of the world.
const POLL: Span = Span::from_secs(10);
/// How long an operation that is over is kept.
const KEPT: Span = Span::from_minutes(24 * 60);

/// When an operation is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// At once.
    Kept,
    /// When the set has the instances that are wanted, and no others.
    Settled,
    /// When these instances are gone.
    Parted(Vec<u64>),
    /// When the set is gone.
    Gone,
    /// When this replica of the database serves.
    Made,
    /// When it is gone.
    Dropped,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Succeeded,
    Failed(&'static str, &'static str),
    /// A newer one took its place.
    Canceled,
}

/// An operation.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    id: String,
    /// The set that it is about, in small letters; a server has its kind before its name.
    pub(super) set: String,
    goal: Goal,
    start: Span,
    end: Option<(Span, Outcome)>,
}

impl Operation {
    /// Whether it still goes on.
    pub(super) const fn is_under_way(&self) -> bool {
        self.end.is_none()
    }

    /// Looks how its set stands. `None` is a set that is gone.
    fn look(&mut self, set: Option<&mut ScaleSet>, now: Span) {
        let outcome = match (set, &self.goal) {
            (_, Goal::Kept) | (None, _) => Some(Outcome::Succeeded),
            (Some(set), Goal::Settled) => {
                let outcome = settled(set, self.start, now);
                set.failed = match outcome {
                    None => set.failed,
                    Some(ref outcome) => matches!(outcome, Outcome::Failed(..)),
                };
                outcome
            }
            (Some(set), Goal::Parted(numbers)) => {
                let here =
                    |it: &u64| set.leaving.iter().any(|leaving| leaving.member.number == *it);
                (!numbers.iter().any(here)).then_some(Outcome::Succeeded)
            }
            (Some(_), Goal::Gone | Goal::Made | Goal::Dropped) => None,
        };
        self.end = outcome.map(|outcome| (now, outcome));
    }

    /// The server that it is about, if it is about one.
    fn server(&self) -> Option<&str> {
        let (kind, name) = self.set.rsplit_once('/')?;
        kind.eq_ignore_ascii_case(postgres::KIND).then_some(name)
    }

    /// Looks how the server called `name` stands.
    fn look_at(&self, name: &str, world: &World, now: Span) -> Option<Outcome> {
        let replica = world.replicas().iter().find(|it| it.name.eq_ignore_ascii_case(name));
        match (&self.goal, replica) {
            (Goal::Kept, _) | (Goal::Dropped, None) => Some(Outcome::Succeeded),
            (Goal::Dropped, Some(_)) => None,
            (_, Some(replica)) if replica.gone.is_none() => {
                (replica.serves <= now).then_some(Outcome::Succeeded)
            }
            (_, Some(_) | None) => Some(Outcome::Canceled),
        }
    }

    fn document(&self, all: &Subscription) -> Value {
        let (status, error) = match &self.end {
            None => ("InProgress", None),
            Some((_, Outcome::Succeeded)) => ("Succeeded", None),
            Some((_, Outcome::Failed(code, message))) => ("Failed", Some((*code, *message))),
            Some((_, Outcome::Canceled)) => {
                let why = "The operation has been preempted by a more recent operation.";
                ("Canceled", Some(("OperationPreempted", why)))
            }
        };
        let mut document = json!({
            "startTime": all.stamp(self.start), "status": status, "name": self.id,
        });
        if let Some((at, _)) = self.end {
            document["endTime"] = json!(all.stamp(at));
        }
        if let Some((code, message)) = error {
            document["error"] = json!({ "code": code, "message": message });
        }
        document
    }
}

/// How an operation that gives a set its size ended, if it did.
fn settled(set: &ScaleSet, start: Span, now: Span) -> Option<Outcome> {
    if set.is_settled(now) {
        return Some(Outcome::Succeeded);
    }
    let (at, why) = set.live().world.shortfall()?;
    if at < start {
        return None;
    }
    let is_zonal = set.model["zones"].as_array().is_some_and(|zones| !zones.is_empty());
    let (code, message) = if !why.contains("capacity") {
        ("OSProvisioningTimedOut", "OS Provisioning for a VM did not finish in the allotted time.")
    } else if is_zonal {
        (
            "OverconstrainedZonalAllocationRequest",
            "Allocation failed. VM(s) with the following constraints cannot be allocated, because \
             the condition is too restrictive. Please remove some constraints and try again. \
             Constraints applied are: Availability Zone, VM Size.",
        )
    } else {
        (
            "AllocationFailed",
            "Allocation failed. We do not have sufficient capacity for the requested VM size in \
             this region.",
        )
    };
    Some(Outcome::Failed(code, message))
}

impl Subscription {
    /// Begins an operation on a set: the id by which it can be asked for. Where it gives the set a
    /// size, or ends it, what goes on there already is over.
    pub(super) fn begin_operation(&mut self, set: &str, goal: Goal) -> String {
        let set = set.to_ascii_lowercase();
        if matches!(goal, Goal::Settled | Goal::Gone) {
            let now = self.now;
            let own = self.operations.iter_mut().filter(|it| it.set == set && it.is_under_way());
            for older in own.filter(|it| it.goal == Goal::Settled) {
                older.end = Some((now, Outcome::Canceled));
            }
        }
        self.begun += 1;
        let id = format!("00000000-0000-4000-8000-{:012x}", self.begun);
        let (start, end) = (self.now, None);
        self.operations.push(Operation { id: id.clone(), set, goal, start, end });
        id
    }

    /// Looks how every operation stands.
    pub(super) fn look_after_operations(&mut self) {
        let now = self.now;
        for operation in self.operations.iter_mut().filter(|it| it.is_under_way()) {
            if let Some(name) = operation.server() {
                let outcome = operation.look_at(name, &live::lock(&self.main).world, now);
                operation.end = outcome.map(|outcome| (now, outcome));
                continue;
            }
            operation.look(self.sets.get_mut(&operation.set), now);
        }
        self.operations.retain(|it| it.end.as_ref().is_none_or(|(at, _)| now < *at + KEPT));
        for set in self.sets.values_mut() {
            let key = set.name.to_ascii_lowercase();
            let mut own = self.operations.iter().filter(|it| it.set == key);
            set.creating &= own.any(Operation::is_under_way);
        }
    }

    /// `said`, with the addresses at which the operation `id` tells how it stands.
    pub(super) fn begun(&self, route: &Route, id: &str, said: Said) -> Said {
        let (base, subscription, version) = (route.base(), &route.subscription, route.version());
        let location = super::LOCATION;
        let of = self.operations.iter().find(|it| it.id == id).and_then(Operation::server);
        let (provider, stands, result) = match of {
            Some(_) => ("DBforPostgreSQL", "azureAsyncOperation", "operationResults"),
            None => ("Compute", "operations", "operations"),
        };
        let place = format!(
            "{base}/subscriptions/{subscription}/providers/Microsoft.{provider}/locations/{location}"
        );
        let said = said.with(STANDS, format!("{place}/{stands}/{id}?api-version={version}"));
        let result = format!("{place}/{result}/{id}?monitor=true&api-version={version}");
        said.with(header::LOCATION, result).retry_after(self.pace.takes(POLL))
    }

    /// How an operation stands, or, where its result is asked for, what came of it.
    pub(super) fn tell_operation(&self, route: &Route, id: &str) -> Result<Said, Fault> {
        let operation = self.operations.iter().find(|it| it.id == id);
        let operation = operation.ok_or_else(|| Fault::no_operation(id))?;
        let wait = self.pace.takes(POLL);
        if route.asked("monitor").is_none() {
            let said = Said::ok(operation.document(self));
            return Ok(if operation.is_under_way() { said.retry_after(wait) } else { said });
        }
        Ok(match &operation.end {
            None => self.begun(route, id, Said::new(StatusCode::ACCEPTED, Value::Null)),
            Some((_, Outcome::Succeeded)) => Said::new(StatusCode::NO_CONTENT, Value::Null),
            Some(_) => {
                let error = operation.document(self)["error"].clone();
                Said::new(StatusCode::CONFLICT, json!({ "error": error }))
            }
        })
    }
}
