//! A candidate's share of a backend's traffic: some of its servers are candidates, all others are
//! stable, and the share is what their weights make of it.
//!
//! The rule it keeps: weights are set one by one, in such an order that at no time, wherever it
//! ends, the candidate has more than the larger of the shares before and after, nor is there
//! nobody to serve. Start at [`Split`].

use crate::{
    Onprem,
    begin::weigh,
    failure::Failure,
    table::Server,
    weights::{Part, shares, weights},
};
use setpoint_core::Rollout;
use std::path::PathBuf;
use tokio::{fs::File, io::AsyncReadExt};

/// So much of a revision's file is read.
const MOST_BYTES: u64 = 1024;

/// A backend whose traffic is split between a candidate and what is stable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The backend of HAProxy.
    pub backend: String,
    /// The names of the servers that are candidates; one that ends in `*` is how they begin.
    pub candidates: Vec<String>,
    /// The file whose first line tells the candidate's revision. Without, nothing does.
    pub revision_file: Option<PathBuf>,
}

impl Split {
    fn is_candidate(&self, server: &Server) -> bool {
        self.candidates.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => server.name.starts_with(start),
            None => server.name == *pattern,
        })
    }

    /// The candidate's revision, if there is a file that tells it.
    pub(crate) async fn revision(&self) -> Result<Option<String>, Failure> {
        let Some(path) = &self.revision_file else { return Ok(None) };
        let bad = |why: String| Failure::Refused(format!("{}: {why}", path.display()));
        let file = File::open(path).await.map_err(|error| bad(error.to_string()))?;
        let mut bytes = Vec::new();
        let read = file.take(MOST_BYTES).read_to_end(&mut bytes).await;
        read.map_err(|error| bad(error.to_string()))?;
        let text = String::from_utf8_lossy(&bytes);
        match text.lines().next().map(str::trim) {
            Some(line) if !line.is_empty() => Ok(Some(line.to_owned())),
            _ => Err(bad("its first line is empty".to_owned())),
        }
    }

    /// The servers of both sides. A split without one of them is none.
    pub(crate) fn sides<'a>(&self, servers: &'a [Server]) -> Result<Sides<'a>, Failure> {
        let (candidates, stable): (Vec<_>, Vec<_>) =
            servers.iter().partition(|server| self.is_candidate(server));
        let none = |what: &str| Failure::Refused(format!("backend {}: {what}", self.backend));
        if candidates.is_empty() {
            return Err(none(&format!("no server is called {}", self.candidates.join(" or "))));
        }
        if stable.is_empty() {
            return Err(none("every server is a candidate, and none is stable"));
        }
        Ok(Sides { candidates, stable })
    }
}

/// The servers of a backend, sorted.
#[derive(Debug)]
pub(crate) struct Sides<'a> {
    candidates: Vec<&'a Server>,
    stable: Vec<&'a Server>,
}

/// Whether anybody is sent there, as far as its weight lets them.
const fn serves(server: &Server) -> bool {
    server.up && !server.maint && !server.drain
}

fn serving(side: &[&Server]) -> u32 {
    u32::try_from(side.iter().filter(|server| serves(server)).count()).unwrap_or(u32::MAX)
}

/// The sum of the weights of those who serve; where nobody does, of all who would.
fn total(side: &[&Server]) -> u64 {
    let nobody = serving(side) == 0;
    let counted = side.iter().filter(|server| nobody || serves(server));
    counted.map(|server| u64::from(server.weight)).sum()
}

impl Sides<'_> {
    /// The candidate's share, in percent.
    fn share(&self) -> Result<u32, Failure> {
        let shares = shares(&[total(&self.candidates), total(&self.stable)]);
        let share = shares.and_then(|shares| shares.first().copied());
        share.ok_or_else(|| Failure::Answer("no server has any weight".to_owned()))
    }

    /// Why it should be left alone, if it should.
    fn busy(&self) -> Option<String> {
        let down =
            |side: &[&Server], what: &str| (serving(side) == 0).then(|| format!("no {what} is up"));
        down(&self.candidates, "candidate").or_else(|| down(&self.stable, "stable server"))
    }

    /// The weights that give the candidate `to` percent, as steps that each may be the last.
    fn steps(&self, to: u32) -> Result<[Vec<Change>; 4], Failure> {
        let (candidates, stable) = (serving(&self.candidates), serving(&self.stable));
        if stable == 0 && to < 100 {
            return Err(Failure::Refused("no stable server is up to take the traffic".to_owned()));
        }
        let parts = [
            Part { share: to, servers: candidates },
            Part { share: 100 - to.min(100), servers: stable },
        ];
        let Some([one, other]) = weights(&parts).and_then(|found| <[u32; 2]>::try_from(found).ok())
        else {
            return Err(Failure::Refused(format!(
                "no weights from 0 to 256 make {to} % of {candidates} candidates and {stable} stable \
                 servers"
            )));
        };
        // A rollback is the fewest commands that there can be.
        let keeps = to == 0 && total(&self.stable) > 0;
        let stable: &[&Server] = if keeps { &[] } else { &self.stable };
        let raised = |side: &[&Server], weight: u32| moved(side, weight, |old| old < weight);
        let lowered = |side: &[&Server], weight: u32| moved(side, weight, |old| old > weight);
        // What takes the candidate's share down comes first, then what takes it up.
        Ok([
            raised(stable, other),
            lowered(&self.candidates, one),
            raised(&self.candidates, one),
            lowered(stable, other),
        ])
    }
}

/// The servers of `side` whose weights are to be moved to `weight`.
fn moved(side: &[&Server], weight: u32, moves: impl Fn(u32) -> bool) -> Vec<Change> {
    let moving = side.iter().filter(|server| moves(server.weight));
    moving.map(|server| (server.name.clone(), weight)).collect()
}

/// A server and the weight that it is to have.
type Change = (String, u32);

impl Onprem {
    /// How a rollout stands.
    pub(crate) async fn rollout(&self, split: &Split) -> Result<Rollout, Failure> {
        let servers = self.haproxy.servers(&split.backend).await?;
        let sides = split.sides(&servers)?;
        // A file that cannot be read keeps nobody from rolling back.
        let (revision, unread) = match split.revision().await {
            Ok(revision) => (revision, None),
            Err(failure) => (None, Some(format!("its revision is not known: {failure}"))),
        };
        Ok(Rollout { share: sides.share()?, revision, busy: sides.busy().or(unread), paused: None })
    }

    /// Gives the candidate `to` percent, if it has `from` and, to have more, is still `revision`.
    pub(crate) async fn shift(
        &self,
        split: &Split,
        (from, to): (u32, u32),
        revision: Option<&str>,
    ) -> Result<(), Failure> {
        let servers = self.haproxy.servers(&split.backend).await?;
        let sides = split.sides(&servers)?;
        let share = sides.share()?;
        if share == to {
            return Ok(());
        }
        if share != from {
            return Err(Failure::Stale(format!("the candidate has {share} %, not {from}")));
        }
        if to > from {
            if let Some(busy) = sides.busy() {
                return Err(Failure::Stale(busy));
            }
            let present = split.revision().await?;
            if present.as_deref() != revision {
                let now = present.as_deref().unwrap_or("of no name");
                let then = revision.unwrap_or("of no name");
                return Err(Failure::Stale(format!("the candidate is {now} now, not {then}")));
            }
        }
        for step in sides.steps(to)? {
            let command =
                |(server, weight): &Change| weigh(&format!("{}/{server}", split.backend), *weight);
            let commands: Vec<String> = step.iter().map(command).collect();
            if !commands.is_empty() {
                self.haproxy.command(&commands).await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
