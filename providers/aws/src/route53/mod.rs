//! Traffic by Route 53: weighted record sets of one name, a destination each.
//!
//! Their weights are read as shares, whatever they add up to, and written as percent. All of
//! them change in one batch that first deletes each as it was read: Route 53 refuses the whole
//! batch where one is not as given, so that nothing that somebody else wrote is lost. What
//! else a record set says, its alias and its health check, is kept as it stands.
//!
//! Start reading at [`Route53::look`]; what is made of the record sets is in `sets.rs`.

mod health;
mod sets;

use crate::{
    api::Api,
    fault::{CallError, Fault},
    settings::Records,
};
use aws_sdk_route53::{
    Client,
    types::{ChangeBatch, ResourceRecordSet},
};
use futures::future::join_all;
use setpoint_core::{Destination, Shares, Traffic};
use sets::Sets;
pub(crate) use sets::normal;
use std::collections::{BTreeMap, BTreeSet};

/// Pages of record sets that are read: Route 53 has a hundred weighted ones of a name and type,
/// and three hundred to a page.
const MOST_PAGES: usize = 10;

/// Reads and changes where users are sent.
#[derive(Clone, Debug)]
pub(crate) struct Route53 {
    api: Api<Client>,
}

/// Traffic as it was seen, and the calls that would have told more of it.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) traffic: Traffic,
    /// Why the health of some is not known.
    pub(crate) untold: Vec<CallError>,
}

impl Route53 {
    pub(crate) const fn new(api: Api<Client>) -> Self {
        Self { api }
    }

    /// The same, whose calls are those of `client`.
    pub(crate) fn with(&self, client: Client) -> Self {
        Self { api: self.api.with(client) }
    }

    /// Where users are sent, and which destinations answer, as far as Route 53 can tell.
    pub(crate) async fn look(&self, records: &Records) -> Result<Look, Fault> {
        let sets = self.find(records).await?;
        let shares = sets.shares()?;
        let checks: BTreeSet<String> = sets.health_checks().map(str::to_owned).collect();
        let asked = join_all(checks.into_iter().map(async |id| {
            let request = self.api.client().get_health_check_status().health_check_id(&id).send();
            (self.api.call("GetHealthCheckStatus", request).await, id)
        }));
        let (mut told, mut untold) = (BTreeMap::new(), Vec::new());
        for (answer, id) in asked.await {
            match answer {
                Ok(answer) => {
                    told.insert(id, health::of(answer.health_check_observations()));
                }
                // What cannot be asked is not known: never healthy.
                Err(error) => untold.push(error),
            }
        }
        let destination = |(name, share): (String, u32)| {
            let healthy = sets.healthy(&name, &told);
            (name, Destination { share, healthy })
        };
        let destinations = shares.into_iter().map(destination).collect();
        Ok(Look { traffic: Traffic { destinations, ..Traffic::default() }, untold })
    }

    /// Sends users as `to` says; nothing to do if they are sent so.
    pub(crate) async fn route(
        &self,
        records: &Records,
        from: &Shares,
        to: &Shares,
    ) -> Result<(), Fault> {
        let sets = self.find(records).await?;
        let stand = sets.shares()?;
        if stand == *to {
            return Ok(());
        }
        if stand != *from {
            return Err(Fault::Stale(format!("users are sent elsewhere by now: {stand:?}")));
        }
        let changes = sets.changes(to)?;
        let batch = ChangeBatch::builder().set_changes(Some(changes)).comment("Setpoint");
        let batch = batch.build().map_err(|error| Fault::Refused(error.to_string()))?;
        let request = self.api.client().change_resource_record_sets();
        let request = request.hosted_zone_id(&records.zone).change_batch(batch).send();
        self.api.call("ChangeResourceRecordSets", request).await?;
        Ok(())
    }

    /// The record sets of the name.
    async fn find(&self, records: &Records) -> Result<Sets, Fault> {
        let mut found: Vec<ResourceRecordSet> = Vec::new();
        let mut next = None;
        for _ in 0..MOST_PAGES {
            let client = self.api.client();
            let request = client.list_resource_record_sets().hosted_zone_id(&records.zone);
            let request = match next.take() {
                None => request.start_record_name(&records.name),
                Some((name, kind, id)) => request
                    .set_start_record_name(name)
                    .set_start_record_type(kind)
                    .set_start_record_identifier(id),
            };
            let page = self.api.call("ListResourceRecordSets", request.send()).await?;
            let own = |set: &&ResourceRecordSet| sets::is_named(&set.name, &records.name);
            found.extend(page.resource_record_sets.iter().filter(own).cloned());
            let goes_on = page.next_record_name.as_deref();
            if !goes_on.is_some_and(|name| sets::is_named(name, &records.name)) {
                return Sets::read(records, found);
            }
            next =
                Some((page.next_record_name, page.next_record_type, page.next_record_identifier));
        }
        Err(Fault::Refused(format!("{} has more record sets than can be told apart", records.name)))
    }
}
