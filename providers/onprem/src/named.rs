//! What is done to members that are picked by name: drained, ended, put back, replaced.
//!
//! Every step looks first. One that is done already is done; one that names a member that is no
//! longer where the decision saw it is stale.

use crate::{
    Onprem, Place, Pool,
    crew::{Crew, Seat, Standing},
    failure::Failure,
};

/// Where the members that an action names are.
#[derive(Debug, Default)]
struct Stands {
    in_service: Vec<Place>,
    leaving: Vec<Place>,
    /// To be ended, kept aside, or gone.
    neither: Vec<Place>,
}

impl Stands {
    fn of(crew: &Crew, members: &[String]) -> Result<Self, Failure> {
        let mut stands = Self::default();
        for name in members {
            let ours = || Failure::Refused(format!("{name} is none of our servers"));
            let place = Place::of_server(name).ok_or_else(ours)?;
            match crew.seat(name).map(|seat| seat.standing) {
                Some(standing) if standing.in_service() => stands.in_service.push(place),
                Some(Standing::Leaving) => stands.leaving.push(place),
                Some(_) | None => stands.neither.push(place),
            }
        }
        Ok(stands)
    }
}

impl Onprem {
    /// Has `members` take nobody new, and `to` members without them.
    pub(crate) async fn drain_named(
        &self,
        pool: &Pool,
        (from, to): (u32, u32),
        members: &[String],
    ) -> Result<(), Failure> {
        let crew = self.look(pool).await?;
        let stands = Stands::of(&crew, members)?;
        if stands.in_service.is_empty() {
            return Ok(());
        }
        expect(&crew, from.saturating_sub(count(stands.leaving.len() + stands.neither.len())))?;
        if crew.size().saturating_sub(count(stands.in_service.len())) < to {
            return Err(Failure::Refused(format!("fewer than {to} would be left")));
        }
        self.drain(pool, &stands.in_service).await
    }

    /// Ends `members` that take nobody new. One that is back in service is not ended.
    pub(crate) async fn retire(&self, pool: &Pool, members: &[String]) -> Result<(), Failure> {
        let crew = self.look(pool).await?;
        let stands = Stands::of(&crew, members)?;
        if let Some(back) = stands.in_service.first() {
            return Err(Failure::Stale(format!("{back} is in service")));
        }
        self.shut_out(pool, &stands.leaving).await?;
        self.end(pool, &stands.leaving).await
    }

    /// Has `members` in service and `to` members with them. One that cannot come back is made
    /// up for by another.
    pub(crate) async fn put_back(
        &self,
        pool: &Pool,
        (from, to): (u32, u32),
        members: &[String],
    ) -> Result<(), Failure> {
        let crew = self.look(pool).await?;
        let stands = Stands::of(&crew, members)?;
        if crew.size() == to && stands.leaving.is_empty() {
            return Ok(());
        }
        expect(&crew, from.saturating_add(count(stands.in_service.len())))?;
        within(&crew, to)?;
        self.take_back(pool, &stands.leaving).await?;
        let missing = to.saturating_sub(crew.size() + count(stands.leaving.len()));
        if missing == 0 {
            return Ok(());
        }
        let crew = self.look(pool).await?;
        self.grow(pool, &crew, missing as usize).await
    }

    /// Has another in the place of `member`, at a place of its own: drained if it is to be, else
    /// ended at once. The size stays.
    pub(crate) async fn replace(
        &self,
        pool: &Pool,
        size: u32,
        (member, drained): (&str, bool),
    ) -> Result<(), Failure> {
        let crew = self.look(pool).await?;
        let Some(Seat { place, standing, .. }) = crew.seat(member) else { return Ok(()) };
        let begun = matches!(standing, Standing::Leaving | Standing::Leftover);
        if *standing == Standing::Aside {
            return Err(Failure::Stale(format!("{member} is kept aside by somebody")));
        }
        let now = if begun { size.saturating_sub(1) } else { size };
        if begun && crew.size() == size {
            return Ok(());
        }
        expect(&crew, now)?;
        if crew.free.is_empty() {
            let why = "there is no free place for another: give the group one more";
            return Err(Failure::Refused(why.to_owned()));
        }
        match (begun, drained) {
            (true, _) => {}
            (false, true) => self.drain(pool, &[*place]).await?,
            (false, false) => self.shut_out(pool, &[*place]).await?,
        }
        // Of the places as they were before, and never the member itself.
        self.grow(pool, &crew.without(member), 1).await
    }
}

/// Fails if the group is not at `size`.
pub(crate) fn expect(crew: &Crew, size: u32) -> Result<(), Failure> {
    match crew.size() {
        now if now == size => Ok(()),
        now => Err(Failure::Stale(format!("it has {now} members, not {size}"))),
    }
}

/// Fails if there is no room for `to`.
pub(crate) fn within(crew: &Crew, to: u32) -> Result<(), Failure> {
    match crew.range() {
        Some(range) if range.clamp(to) == to => Ok(()),
        Some(range) => Err(Failure::Refused(format!("{to} is outside its places, {range}"))),
        None => Err(Failure::Refused("it has no places".to_owned())),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
