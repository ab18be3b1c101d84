//! Members that go: drained, kept out, stopped, and only then forgotten by HAProxy.
//!
//! As long as a member may still run, HAProxy knows it; so one that answers and that HAProxy does not
//! know is one that HAProxy lost, and never one that we ended.

use crate::{
    Ending, Onprem, Place, Pool,
    begin::weigh,
    crew::{Crew, Seat, Standing},
    failure::Failure,
    haproxy::complaint,
    onprem::answers,
    program,
};
use futures::future::join_all;
use setpoint_core::Span;

/// A member is taken for empty only after so long without anybody new: HAProxy's threads may have
/// picked it just before.
const QUIET: Span = Span::from_secs(1);

impl Onprem {
    /// Has members take nobody new.
    pub(crate) async fn drain(&self, pool: &Pool, places: &[Place]) -> Result<(), Failure> {
        let commands = places.iter().flat_map(|place| {
            let server = pool.server(*place);
            [weigh(&server, 0), format!("set server {server} state drain")]
        });
        self.haproxy.command(&commands.collect::<Vec<_>>()).await
    }

    /// Keeps members out altogether: from now on they are to be ended.
    pub(crate) async fn shut_out(&self, pool: &Pool, places: &[Place]) -> Result<(), Failure> {
        let commands = places.iter().flat_map(|place| {
            let server = pool.server(*place);
            [weigh(&server, 0), format!("set server {server} state maint")]
        });
        self.haproxy.command(&commands.collect::<Vec<_>>()).await
    }

    /// Stops members that are kept out, and has HAProxy forget each as soon as it is gone.
    pub(crate) async fn end(&self, pool: &Pool, places: &[Place]) -> Result<(), Failure> {
        let ends = join_all(places.iter().map(|place| self.end_one(pool, *place))).await;
        ends.into_iter().collect()
    }

    async fn end_one(&self, pool: &Pool, place: Place) -> Result<(), Failure> {
        program::run(&pool.stop.at(place), pool.patience).await?;
        if answers(place).await {
            return Err(Failure::Unfinished(format!("{place} was stopped and still answers")));
        }
        self.forget(pool, place).await
    }

    /// Has HAProxy forget a server that is kept out.
    pub(crate) async fn forget(&self, pool: &Pool, place: Place) -> Result<(), Failure> {
        let answer = self.haproxy.ask(&format!("del server {}", pool.server(place))).await?;
        let done = ["Server deleted", "No such server"];
        if done.iter().any(|said| answer.contains(said)) { Ok(()) } else { Err(complaint(&answer)) }
    }

    /// Goes on with what was begun: members that have nobody left are ended, what is half done is
    /// cleaned up, and who was forgotten by HAProxy is registered again.
    pub(crate) async fn go_on(&self, pool: &Pool) -> Result<(), Failure> {
        let crew = self.look(pool).await?;
        let Turn { drain, shut_out, end } = Turn::of(pool, &crew);
        self.drain(pool, &drain).await?;
        self.shut_out(pool, &shut_out).await?;
        let again = crew.lost.iter().map(|place| self.register_again(pool, *place));
        let again: Result<Vec<()>, Failure> = join_all(again).await.into_iter().collect();
        self.end(pool, &end).await.and(again.map(drop))
    }
}

/// Whose turn it is.
#[derive(Debug, Default, PartialEq, Eq)]
struct Turn {
    /// Whose drain was begun and not done.
    drain: Vec<Place>,
    /// Who has nobody left, or no time.
    shut_out: Vec<Place>,
    /// Who is to be stopped: those among them.
    end: Vec<Place>,
}

impl Turn {
    fn of(pool: &Pool, crew: &Crew) -> Self {
        let mut turn = Self::default();
        for seat in &crew.seats {
            match seat.standing {
                Standing::Leaving if !seat.server.drain => turn.drain.push(seat.place),
                Standing::Leaving if is_done(seat, pool.ending) => turn.shut_out.push(seat.place),
                Standing::Leftover => turn.end.push(seat.place),
                Standing::Leaving
                | Standing::Serving
                | Standing::Warming
                | Standing::Sick
                | Standing::Aside => {}
            }
        }
        turn.end.extend(&turn.shut_out);
        turn
    }
}

/// Whether a member that takes nobody new has nobody left, or no time.
pub(crate) fn is_done(seat: &Seat, ending: Ending) -> bool {
    let Ending::After(most) = ending else { return false };
    let waited = seat.server.since;
    waited >= most || (seat.server.sessions == 0 && waited >= QUIET)
}
