//! The world as the servers of a cloud hold it: every member, and what their APIs can do to a
//! group beside giving it a size.
//!
//! [`Action`](setpoint_core::Action) is what an agent wants; this is what clouds offer. Nothing
//! here asks whether a call is let in: that is [`World::admit`], which a server asks first.

use super::{Answer, Member, Replica, World};
use setpoint_core::{FailureKind, Range, Span};

impl World {
    /// Lets one call of the provider's API in, or says why not.
    pub fn admit(&mut self) -> Result<Answer, FailureKind> {
        self.api.admit(self.now, &self.faults.weather)
    }

    /// How long it has lasted.
    pub const fn age(&self) -> Span {
        self.now
    }

    /// Every member, in the order of their launches.
    pub fn members(&self) -> &[Member] {
        &self.fleet.members
    }

    /// Members asked for, but for those on standby.
    pub const fn desired(&self) -> u32 {
        self.fleet.desired()
    }

    /// The group's own range.
    pub const fn range(&self) -> Range {
        self.fleet.range()
    }

    /// Gives the group another range of its own. Its size stays.
    pub fn set_range(&mut self, range: Range) {
        self.fleet.model.range = range;
    }

    /// Wants `size` members and launches those that are missing, but ends none.
    pub fn ask_for(&mut self, size: u32) {
        self.fleet.desired = size;
        self.fleet.launch_missing(self.now, &self.faults.weather);
    }

    /// Ends these members. The size that is wanted stays.
    pub fn end(&mut self, numbers: &[u64]) {
        let ended = self.fleet.end(|member| numbers.contains(&member.number), self.now);
        self.note_ended(ended);
    }

    /// Puts these members on standby, once they have let go of their work; so many fewer are wanted.
    pub fn put_on_standby(&mut self, numbers: &[u64]) {
        let slow = self.model.fleet.sessions.map(|model| model.lets_go).unwrap_or_default();
        let names = self.names_of(numbers);
        self.fleet.put_aside(&names, Some(self.now + slow));
    }

    /// Puts these members back into service; so many more are wanted.
    pub fn put_into_service(&mut self, numbers: &[u64]) {
        let names = self.names_of(numbers);
        self.fleet.put_aside(&names, None);
    }

    /// Has a member that boots serve at this time, and not before.
    pub fn have_serve_at(&mut self, number: u64, at: Span) {
        self.fleet.serving = None;
        let mut members = self.fleet.members.iter_mut();
        if let Some(member) = members.find(|member| member.number == number) {
            member.serves = at;
        }
    }

    /// Whether members that are missing are launched, from now on.
    pub fn have_launch(&mut self, launching: bool) {
        self.fleet.launching = launching;
    }

    /// What the provider could not launch last, and when.
    pub const fn shortfall(&self) -> Option<(Span, &'static str)> {
        self.fleet.shortfall
    }

    /// The replicas of the database, in the order in which they were made.
    pub fn replicas(&self) -> &[Replica] {
        self.database.as_ref().map_or(&[], |database| database.replicas())
    }

    /// Whether the database's writer takes no connections.
    pub const fn writer_is_down(&self) -> bool {
        self.faults.weather.writer_down
    }

    /// Begins to make a replica of this name, unless there is one or there is no database.
    pub fn make_replica(&mut self, name: &str) {
        if let Some(database) = &mut self.database {
            database.add(name, self.now);
        }
    }

    /// Begins to remove the replica of this name, whoever made it. False if there is none.
    pub fn remove_replica(&mut self, name: &str) -> bool {
        let now = self.now;
        self.database.as_mut().is_some_and(|database| database.drop_replica(name, now))
    }

    fn names_of(&self, numbers: &[u64]) -> Vec<String> {
        let named = self.members().iter().filter(|member| numbers.contains(&member.number));
        named.map(Member::name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FleetModel, tests::scenario};
    use super::*;

    /// A world whose group has so many members.
    fn quiet(size: u32) -> World {
        let mut model = scenario();
        let range = Range::new(1, 9).expect("1 is below 9");
        model.fleet = FleetModel { size, range, ..model.fleet };
        World::new(model, 1)
    }

    fn numbers(world: &World) -> Vec<u64> {
        world.members().iter().map(|member| member.number).collect()
    }

    #[test]
    fn what_is_wanted_and_who_is_there_change_one_by_one() {
        let mut world = quiet(3);
        world.ask_for(5);
        assert_eq!((numbers(&world), world.desired()), (vec![0, 1, 2, 3, 4], 5));
        world.ask_for(4);
        assert_eq!(numbers(&world).len(), 5, "asking ends nobody");
        world.end(&[1]);
        assert_eq!((numbers(&world), world.desired()), (vec![0, 2, 3, 4], 4));
        world.put_on_standby(&[0]);
        assert_eq!((numbers(&world), world.desired()), (vec![0, 2, 3, 4], 3));
        world.put_into_service(&[0]);
        assert_eq!(world.desired(), 4);
    }

    #[test]
    fn a_group_that_may_not_launch_stays_short() {
        let mut world = quiet(3);
        world.have_launch(false);
        world.ask_for(6);
        world.advance_to(Span::from_minutes(10));
        assert_eq!(numbers(&world).len(), 3);
        world.have_launch(true);
        world.advance_to(Span::from_minutes(20));
        assert_eq!(numbers(&world).len(), 6);
    }

    #[test]
    fn a_member_that_is_held_back_serves_when_it_is_let() {
        let mut world = quiet(1);
        world.ask_for(2);
        world.have_serve_at(1, Span::from_minutes(30));
        world.advance_to(Span::from_minutes(29));
        assert_eq!(world.group().ready, 1);
        world.advance_to(Span::from_minutes(31));
        assert_eq!(world.group().ready, 2);
    }
}
