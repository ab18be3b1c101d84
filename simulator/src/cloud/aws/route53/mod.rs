//! Route 53: hosted zones with their record sets, and health checks of the worlds' groups.
//!
//! A change is a whole batch or nothing, is taken in within a second, and is `PENDING` for half a
//! minute; whoever is faster with another change of the zone is told to wait.
//!
//! Start reading at [`Dns`]; what a batch may do is in `batch.rs`.

mod batch;
mod checks;
mod list;
mod sets;
mod zones;

use super::{account::Account, ask::Ask, data::Data, fault::Fault};
use checks::Check;
use setpoint_core::Span;
use std::collections::BTreeMap;
use zones::Zone;

/// How long a change of a zone is being taken in, in the time of the world: another has to wait.
const TAKING_IN: Span = Span::from_secs(1);

/// How long a change is on its way to all name servers.
const SPREADING: Span = Span::from_secs(30);

/// Zones, changes and health checks.
#[derive(Clone, Debug, Default)]
pub(super) struct Dns {
    /// By their ids.
    zones: BTreeMap<String, Zone>,
    checks: BTreeMap<String, Check>,
    /// When each was taken.
    changes: BTreeMap<String, Span>,
    /// How many things were ever made, for their ids.
    made: u64,
}

pub(super) fn act(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    match ask.action() {
        "CreateHostedZone" => zones::create(account, ask),
        "ListHostedZones" => zones::list(account, ask),
        "GetHostedZone" => zones::get(account, ask),
        "ListResourceRecordSets" => list::sets(account, ask),
        "ChangeResourceRecordSets" => batch::change(account, ask),
        "GetChange" => zones::get_change(account, ask),
        "CreateHealthCheck" => checks::create(account, ask),
        "ListHealthChecks" => checks::list(account, ask),
        "GetHealthCheck" => checks::get(account, ask),
        "GetHealthCheckStatus" => checks::status(account, ask),
        "DeleteHealthCheck" => checks::delete(account, ask),
        other => Err(Fault::unknown_action(format!("{other:?} is not simulated here"))),
    }
}

impl Dns {
    /// An id of its own, which begins so.
    fn id(&mut self, letter: char) -> String {
        self.made += 1;
        let number = crate::chance::fnv1a(self.made.to_le_bytes().into_iter());
        format!("{letter}{:04}{:016X}", self.made, number)
    }

    /// The zone that a call is about.
    fn zone(&self, ask: &Ask) -> Result<&Zone, Fault> {
        let id = ask.must("Id")?;
        self.zones.get(id).ok_or_else(|| no_zone(id))
    }
}

impl Account {
    /// Writes down a change that is taken now, as an answer has it.
    fn changed(&mut self) -> Data {
        let id = self.dns.id('C');
        self.dns.changes.insert(id.clone(), self.now);
        self.change(&id, self.now)
    }

    /// How a change stands.
    fn change(&self, id: &str, taken: Span) -> Data {
        let spread = self.now.minus(taken) >= SPREADING;
        Data::map()
            .with("Id", format!("/change/{id}"))
            .with("Status", if spread { "INSYNC" } else { "PENDING" })
            .with("SubmittedAt", self.outside(taken))
    }
}

fn no_zone(id: &str) -> Fault {
    Fault::not_found("NoSuchHostedZone", format!("No hosted zone found with ID: {id}"))
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidInput", message)
}

/// How many entries of a list a call wants; never more than `most`.
fn wanted(ask: &Ask, most: usize) -> Result<usize, Fault> {
    let given = ask.text("maxitems").map(str::parse::<usize>).transpose();
    let given = given.map_err(|_| invalid("maxitems is no whole number"))?;
    Ok(given.unwrap_or(most).clamp(1, most))
}
