//! Members by name: put on standby, ended there, put back. The provider of the made-up world
//! keeps the promises that `Act` asks for, and the limits of a real one.

use super::{Ended, Refusal, World};
use setpoint_core::{MemberState, Reading};

impl World {
    /// How many sessions each member has, as far as that is published.
    pub fn sessions(&self) -> Reading {
        self.sessions.as_ref().map_or(Reading::Empty, |sessions| sessions.read(self.now))
    }

    /// Members that were ended, each with the sessions that were cut off by it.
    pub fn ended(&self) -> &[Ended] {
        self.sessions.as_ref().map_or(&[], |sessions| sessions.ended())
    }

    /// How many sessions are live.
    pub fn live_sessions(&self) -> usize {
        self.sessions.as_ref().map_or(0, |sessions| sessions.live())
    }

    pub(super) fn note_ended(&mut self, members: Vec<u64>) {
        let Some(sessions) = &mut self.sessions else { return };
        members.into_iter().for_each(|member| sessions.end(member, self.now));
    }

    /// The named that are in this state now.
    fn among(&self, members: &[String], state: MemberState) -> Vec<String> {
        let seen = self.fleet.seen(self.now).members;
        let named = seen.into_iter().filter(|it| it.state == state && members.contains(&it.name));
        named.map(|it| it.name).collect()
    }

    pub(super) fn drain(
        &mut self,
        (from, to): (u32, u32),
        members: &[String],
    ) -> Result<(), Refusal> {
        let serving = self.among(members, MemberState::Serving);
        if serving.is_empty() {
            return Ok(());
        }
        let out = members.len() - serving.len();
        self.expect(from.saturating_sub(count(out)))?;
        self.in_range(to)?;
        let slow = self.model.fleet.sessions.map(|model| model.lets_go).unwrap_or_default();
        self.fleet.put_aside(&serving, Some(self.now + slow));
        Ok(())
    }

    pub(super) fn retire(&mut self, members: &[String]) -> Result<(), Refusal> {
        if let Some(back) = self.among(members, MemberState::Serving).first() {
            return Err(Refusal::stale(format!("{back} is in service")));
        }
        let standby = self.among(members, MemberState::Standby);
        let ended = self.fleet.retire(&standby, self.now);
        self.note_ended(ended);
        Ok(())
    }

    pub(super) fn replace(
        &mut self,
        size: u32,
        member: &str,
        drained: bool,
    ) -> Result<(), Refusal> {
        let member = [member.to_owned()];
        let serving = self.among(&member, MemberState::Serving);
        if serving.is_empty() {
            return Ok(());
        }
        self.expect(size)?;
        if drained {
            let slow = self.model.fleet.sessions.map(|model| model.lets_go).unwrap_or_default();
            self.fleet.put_aside(&serving, Some(self.now + slow));
        } else {
            let ended = self.fleet.retire(&serving, self.now);
            self.note_ended(ended);
        }
        let ended = self.fleet.resize(size, self.now, &self.faults.weather);
        self.note_ended(ended);
        Ok(())
    }

    pub(super) fn put_back(
        &mut self,
        (from, to): (u32, u32),
        members: &[String],
    ) -> Result<(), Refusal> {
        let standby = self.among(members, MemberState::Standby);
        if self.fleet.desired() == to && standby.is_empty() {
            return Ok(());
        }
        let back = self.among(members, MemberState::Serving).len();
        self.expect(from + count(back))?;
        self.in_range(to)?;
        self.fleet.put_aside(&standby, None);
        let size = to.max(self.fleet.desired());
        let ended = self.fleet.resize(size, self.now, &self.faults.weather);
        self.note_ended(ended);
        Ok(())
    }

    fn expect(&self, size: u32) -> Result<(), Refusal> {
        let desired = self.fleet.desired();
        match desired == size {
            true => Ok(()),
            false => Err(Refusal::stale(format!("the group has {desired} members, not {size}"))),
        }
    }

    fn in_range(&self, to: u32) -> Result<(), Refusal> {
        let range = self.fleet.range();
        if range.clamp(to) == to {
            return Ok(());
        }
        Err(Refusal::refused(format!("{to} is outside the group's own range {range}")))
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
