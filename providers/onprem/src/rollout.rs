//! A candidate's share of a backend's traffic: some of its servers are candidates, all others are
//! stable, and the share is what their weights make of it.
//!
//! The rule it keeps: weights are set one by one, in such an order that at no time, wherever it
//! ends, the candidate has more than the larger of the shares before and after, nor is there
//! nobody to serve. Start at [`Split`].

use crate::{
    Onprem,
    failure::Failure,
    side::{Change, Side, is_called, steps},
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
        self.candidates.iter().any(|pattern| is_called(&server.name, pattern))
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
        Ok(Sides { candidates: Side(candidates), stable: Side(stable) })
    }
}

/// The servers of a backend, sorted.
#[derive(Debug)]
pub(crate) struct Sides<'a> {
    candidates: Side<'a>,
    stable: Side<'a>,
}

impl Sides<'_> {
    /// The candidate's share, in percent.
    fn share(&self) -> Result<u32, Failure> {
        let shares = shares(&[self.candidates.total(), self.stable.total()]);
        let share = shares.and_then(|shares| shares.first().copied());
        share.ok_or_else(|| Failure::Answer("no server has any weight".to_owned()))
    }

    /// Why it should be left alone, if it should.
    fn busy(&self) -> Option<String> {
        let down =
            |side: &Side<'_>, what: &str| (side.serving() == 0).then(|| format!("no {what} is up"));
        down(&self.candidates, "candidate").or_else(|| down(&self.stable, "stable server"))
    }

    /// The weights that give the candidate `to` percent, as steps that each may be the last.
    fn steps(&self, to: u32) -> Result<[Vec<Change>; 4], Failure> {
        let (candidates, stable) = (self.candidates.serving(), self.stable.serving());
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
        let keeps = to == 0 && self.stable.total() > 0;
        let rest: &[_] = if keeps { &[] } else { &[(&self.stable, other)] };
        Ok(steps(&[(&self.candidates, one)], rest))
    }
}

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
        self.set_weights(&split.backend, sides.steps(to)?).await
    }
}

#[cfg(test)]
mod tests;
