//! Where the users of a backend are sent: each destination is some of its servers - the entrance of
//! a region, of a cloud - and its share is what their weights make of it.
//!
//! The rule it keeps: a backend that sends users anywhere else is not observed, and shares are only
//! set if they read back as the very shares that were asked for. Start at [`Fork`].

use crate::{
    Onprem,
    failure::Failure,
    side::{Change, Side, is_called, serves, steps},
    table::Server,
    weights::{Part, weights},
};
use setpoint_core::{Destination, Shares, Traffic, shares_of};
use std::collections::BTreeMap;

/// A backend whose users go several ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The backend of HAProxy.
    pub backend: String,
    /// For each destination the name of its server; one that ends in `*` is how several begin.
    pub destinations: BTreeMap<String, String>,
}

impl Fork {
    /// The servers of each destination. Fails if one has none, if two share one, and if users
    /// can be sent to a server that is of none.
    pub(crate) fn ways<'a>(&self, servers: &'a [Server]) -> Result<Ways<'a>, Failure> {
        let bad = |why: String| Failure::Refused(format!("backend {}: {why}", self.backend));
        let mut ways: BTreeMap<String, Side<'a>> = BTreeMap::new();
        for server in servers {
            let mut owners =
                self.destinations.iter().filter(|(_, pattern)| is_called(&server.name, pattern));
            let name = &server.name;
            match (owners.next(), owners.next()) {
                (Some((one, _)), Some((other, _))) => {
                    return Err(bad(format!("server {name} is of {one} and of {other}")));
                }
                (Some((own, _)), None) => {
                    ways.entry(own.clone()).or_insert_with(|| Side(Vec::new())).0.push(server);
                }
                (None, _) if server.weight > 0 && !server.maint => {
                    return Err(bad(format!("server {name} takes users, and is no destination")));
                }
                (None, _) => {}
            }
        }
        let lost = self.destinations.iter().find(|(own, _)| !ways.contains_key(*own));
        match lost {
            Some((own, pattern)) => Err(bad(format!("{own} has no server called {pattern}"))),
            None => Ok(Ways(ways)),
        }
    }
}

/// The servers of each destination.
#[derive(Debug)]
pub(crate) struct Ways<'a>(BTreeMap<String, Side<'a>>);

impl Ways<'_> {
    /// How users are sent: who is up has the share that its weights make; a destination of
    /// which nobody is up has the one that it will have when they are back.
    fn shares(&self) -> Result<Shares, Failure> {
        let totals = self.0.iter().map(|(name, side)| (name.clone(), side.total())).collect();
        shares(&totals).ok_or_else(|| Failure::Answer("no server has any weight".to_owned()))
    }

    /// The destinations of which nobody is checked.
    pub(crate) fn unchecked(&self) -> impl Iterator<Item = &str> {
        let unchecked = |side: &Side<'_>| side.0.iter().all(|server| !server.checked);
        self.0.iter().filter(move |(_, side)| unchecked(side)).map(|(name, _)| name.as_str())
    }

    /// Whether each destination answers, as HAProxy's checks see it; where none checks, nobody
    /// knows.
    fn traffic(&self) -> Result<Traffic, Failure> {
        let shares = self.shares()?;
        let destination = |(name, side): (&String, &Side<'_>)| {
            let share = shares.get(name).copied().unwrap_or_default();
            (name.clone(), Destination { share, healthy: healthy(side) })
        };
        Ok(Traffic { destinations: self.0.iter().map(destination).collect(), ..Traffic::default() })
    }

    /// The weights that send users as `to` says.
    fn steps(&self, to: &Shares) -> Result<[Vec<Change>; 4], Failure> {
        let from = self.shares()?;
        let share = |shares: &Shares, name: &str| shares.get(name).copied().unwrap_or_default();
        if let Some(stranger) = to.keys().find(|name| !self.0.contains_key(*name)) {
            return Err(Failure::Refused(format!("{stranger} is no destination")));
        }
        if !self.0.iter().any(|(name, side)| share(to, name) > 0 && side.serving() > 0) {
            return Err(Failure::Refused("nobody of those who would get users is up".to_owned()));
        }
        let part = |(name, side): (&String, &Side<'_>)| Part {
            share: share(to, name),
            servers: counted(side),
        };
        let parts: Vec<Part> = self.0.iter().map(part).collect();
        let found = weights(&parts).filter(|weights| {
            let total = |((name, side), weight): ((&String, &Side<'_>), &u32)| {
                (name.clone(), u64::from(counted(side)) * u64::from(*weight))
            };
            let totals = self.0.iter().zip(weights).map(total).collect();
            shares(&totals)
                .is_some_and(|read| self.0.keys().all(|it| share(&read, it) == share(to, it)))
        });
        let Some(weights) = found else {
            let why = "no weights from 0 to 256 make these shares of as many servers as are up";
            return Err(Failure::Refused(why.to_owned()));
        };
        let weighed = self.0.iter().zip(weights).map(|((name, side), to)| (name, (side, to)));
        let (gain, rest): (Vec<_>, Vec<_>) =
            weighed.partition(|(name, _)| share(to, name) > share(&from, name));
        let sides = |some: Vec<(&String, _)>| -> Vec<_> {
            some.into_iter().map(|(_, weighed)| weighed).collect()
        };
        Ok(steps(&sides(gain), &sides(rest)))
    }
}

/// How many servers have the share of a destination together.
fn counted(side: &Side<'_>) -> u32 {
    let all = u32::try_from(side.0.len()).unwrap_or(u32::MAX);
    if side.serving() == 0 { all } else { side.serving() }
}

fn healthy(side: &Side<'_>) -> Option<bool> {
    if side.serving() == 0 {
        return Some(false);
    }
    side.0.iter().any(|server| serves(server) && server.checked).then_some(true)
}

/// Weights as shares that add up to 100. Nothing, if nobody has any.
fn shares(totals: &BTreeMap<String, u64>) -> Option<Shares> {
    totals.values().any(|total| *total > 0).then(|| shares_of(totals))
}

impl Onprem {
    /// How users are sent.
    pub(crate) async fn traffic(&self, fork: &Fork) -> Result<Traffic, Failure> {
        fork.ways(&self.haproxy.servers(&fork.backend).await?)?.traffic()
    }

    /// Sends users as `to` says, if they are sent as `from` does.
    pub(crate) async fn route(
        &self,
        fork: &Fork,
        from: &Shares,
        to: &Shares,
    ) -> Result<(), Failure> {
        let servers = self.haproxy.servers(&fork.backend).await?;
        let ways = fork.ways(&servers)?;
        let shares = ways.shares()?;
        if shares == *to {
            return Ok(());
        }
        if shares != *from {
            return Err(Failure::Stale(
                "users are sent otherwise than the decision saw".to_owned(),
            ));
        }
        self.set_weights(&fork.backend, ways.steps(to)?).await
    }
}

#[cfg(test)]
mod tests;
