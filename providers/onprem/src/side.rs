//! Servers of a backend that have a share of its traffic together, and the order in which their
//! weights are set.
//!
//! HAProxy is told one weight after the other. The rule it keeps: wherever that ends, somebody
//! serves, and of two sides the one that is held never has more than before and after.

use crate::{Onprem, begin::weigh, failure::Failure, table::Server};

/// Servers that have a share together.
#[derive(Debug)]
pub(crate) struct Side<'a>(pub(crate) Vec<&'a Server>);

/// A server and the weight that it is to have.
pub(crate) type Change = (String, u32);

/// Whether `name` is the pattern, or begins as one does that ends in `*`.
pub(crate) fn is_called(name: &str, pattern: &str) -> bool {
    pattern.strip_suffix('*').map_or(name == pattern, |start| name.starts_with(start))
}

/// Whether anybody is sent there, as far as its weight lets them.
pub(crate) const fn serves(server: &Server) -> bool {
    server.up && !server.maint && !server.drain
}

impl Side<'_> {
    /// How many of them serve.
    pub(crate) fn serving(&self) -> u32 {
        let serving = self.0.iter().filter(|server| serves(server)).count();
        u32::try_from(serving).unwrap_or(u32::MAX)
    }

    /// The sum of the weights of those who serve; where nobody does, of all who would.
    pub(crate) fn total(&self) -> u64 {
        let nobody = self.serving() == 0;
        let counted = self.0.iter().filter(|server| nobody || serves(server));
        counted.map(|server| u64::from(server.weight)).sum()
    }

    /// Those whose weights are to be moved to `weight`.
    fn moved(&self, weight: u32, moves: impl Fn(u32) -> bool) -> impl Iterator<Item = Change> {
        let moving = self.0.iter().filter(move |server| moves(server.weight));
        moving.map(move |server| (server.name.clone(), weight))
    }
}

/// What gives the servers of each side its weight. What takes the shares of `held` down comes
/// first, then what takes them up.
pub(crate) fn steps(held: &[(&Side<'_>, u32)], rest: &[(&Side<'_>, u32)]) -> [Vec<Change>; 4] {
    let raised = |sides: &[(&Side<'_>, u32)]| -> Vec<Change> {
        let raised = sides.iter().flat_map(|&(side, to)| side.moved(to, move |old| old < to));
        raised.collect()
    };
    let lowered = |sides: &[(&Side<'_>, u32)]| -> Vec<Change> {
        let lowered = sides.iter().flat_map(|&(side, to)| side.moved(to, move |old| old > to));
        lowered.collect()
    };
    [raised(rest), lowered(held), raised(held), lowered(rest)]
}

impl Onprem {
    /// Sets weights of servers of `backend`, step by step.
    pub(crate) async fn set_weights(
        &self,
        backend: &str,
        steps: [Vec<Change>; 4],
    ) -> Result<(), Failure> {
        let told = |(server, weight): &Change| weigh(&format!("{backend}/{server}"), *weight);
        let commands: Vec<String> = steps.iter().flatten().map(told).collect();
        self.haproxy.command(&commands).await
    }
}

/// A server that is checked and up.
#[cfg(test)]
pub(crate) fn server(name: &str, weight: u32) -> Server {
    Server {
        name: name.to_owned(),
        place: None,
        up: true,
        checked: true,
        maint: false,
        drain: false,
        weight,
        since: setpoint_core::Span::ZERO,
        downs: 0,
        sessions: 0,
    }
}
