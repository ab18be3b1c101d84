//! Members that come: back into service, or started at a place of their own.
//!
//! A member is registered before it is started, out of service and with weight 0, so that
//! whatever goes wrong from then on can be seen in HAProxy. It is put into service as *down*: HAProxy
//! would take a new server for up until its first checks fail, and send people to a program that has
//! not started yet.

use crate::{
    Ending, Onprem, Place, Pool, crew::Crew, failure::Failure, haproxy::complaint, program,
};
use futures::future::join_all;

/// What HAProxy says of a server that is added.
const ADDED: &str = "New server registered";

impl Onprem {
    /// Has `wanted` more members in `pool`: who is on the way out first, then at free places,
    /// the first ones first. A place where nothing can be started is passed over, as long as
    /// there are others.
    pub(crate) async fn grow(
        &self,
        pool: &Pool,
        crew: &Crew,
        wanted: usize,
    ) -> Result<(), Failure> {
        // Where it is decided by name who goes, it is so who comes back.
        let reserve = if pool.ending == Ending::Decided { 0 } else { wanted };
        let back: Vec<Place> = crew.reserve(reserve).iter().map(|seat| seat.place).collect();
        self.take_back(pool, &back).await?;
        let mut missing = wanted - back.len();
        let mut free = crew.free.iter().copied();
        let mut failed = None;
        while missing > 0 {
            let next: Vec<Place> = free.by_ref().take(missing).collect();
            if next.is_empty() {
                let none = || Failure::Refused("there is no free place left".to_owned());
                return Err(failed.unwrap_or_else(none));
            }
            let began = join_all(next.into_iter().map(|place| self.begin(pool, place))).await;
            missing -= began.iter().filter(|it| it.is_ok()).count();
            failed = began.into_iter().find_map(Result::err).or(failed);
            // Where HAProxy itself is the trouble, other places help nobody.
            if failed.as_ref().is_some_and(|why| !matches!(why, Failure::Program(_))) {
                break;
            }
        }
        match failed {
            Some(why) if missing > 0 => Err(why),
            _ => Ok(()),
        }
    }

    /// Puts members that are on their way out back into service.
    pub(crate) async fn take_back(&self, pool: &Pool, places: &[Place]) -> Result<(), Failure> {
        let commands = places.iter().flat_map(|place| {
            let server = pool.server(*place);
            let weight = pool.line.weight.into();
            [format!("set server {server} state ready"), weigh(&server, weight)]
        });
        self.haproxy.command(&commands.collect::<Vec<_>>()).await
    }

    /// Starts a member at `place` and puts it into service.
    async fn begin(&self, pool: &Pool, place: Place) -> Result<(), Failure> {
        self.register(pool, place).await?;
        program::run(&pool.start.at(place), pool.patience).await?;
        self.admit(pool, place).await
    }

    /// Registers a member again that runs and that HAProxy has forgotten.
    pub(crate) async fn register_again(&self, pool: &Pool, place: Place) -> Result<(), Failure> {
        self.register(pool, place).await?;
        self.admit(pool, place).await
    }

    async fn register(&self, pool: &Pool, place: Place) -> Result<(), Failure> {
        let (server, words) = (pool.server(place), pool.line.words.join(" "));
        let add = format!("add server {server} {place} check weight 0 {words}");
        let answer = self.haproxy.ask(add.trim_end()).await?;
        if answer.contains(ADDED) {
            return Ok(());
        }
        if answer.contains("Already exists") {
            return Err(Failure::Stale(format!("there is a server at {place} already")));
        }
        if answer.contains("No such backend") {
            return Err(Failure::NoBackend(pool.backend.clone()));
        }
        Err(complaint(&answer))
    }

    async fn admit(&self, pool: &Pool, place: Place) -> Result<(), Failure> {
        let server = pool.server(place);
        let commands = [
            format!("enable health {server}"),
            format!("enable server {server}"),
            format!("set server {server} health down"),
            weigh(&server, pool.line.weight.into()),
        ];
        self.haproxy.command(&commands).await
    }
}

/// The command that gives a server its share of what comes.
pub(crate) fn weigh(server: &str, weight: u32) -> String {
    format!("set server {server} weight {weight}")
}
